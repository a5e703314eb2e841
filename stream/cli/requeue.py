"""`stream requeue`: bring dead letters back."""

import asyncio
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import click

from stream.cli.settings import read_settings
from stream.cli.times import time_ms
from stream.model.errors import Reason, StreamStop
from stream.model.events import TOPICS

if TYPE_CHECKING:
    from stream.runtime.requeue import Requeued, Wish
    from stream.runtime.settings import Settings


@click.command("requeue", short_help="Bring dead letters back to their topics, after a repair.")
@click.argument("config", type=click.Path(exists=True, file_okay=False, path_type=Path), default="config")
@click.option("--brokers", metavar="HOST:PORT,...", help="Brokers to ask first, instead of the settings'.")
@click.option("--topic", "topics", multiple=True, type=click.Choice(TOPICS), help="Only what came from there.")
@click.option("--reason", "reasons", multiple=True, type=click.Choice(get_args(Reason)), help="Only this reason.")
@click.option("--from", "from_ms", callback=time_ms, metavar="TIME", help="Only what was dead-lettered since then.")
@click.option("--until", "until_ms", callback=time_ms, metavar="TIME", help="Only what was dead-lettered before.")
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
def command(config: Path, brokers: str | None, *, dry_run: bool, **given: Any) -> None:
    """Return dead letters to the topics they came from, each once, with their own bytes, key and headers.

    To be run when what was wrong is repaired: the tracking plan, a rate, a setting. They come late: they count at their
    own time, and start no journey older than max_trigger_age. With a history played through Kafka (clock: event) they
    come after it; replay the repaired history instead. Run it as often as you like: what went back does not go again.
    """
    from aiokafka.errors import KafkaError

    from stream.runtime.refusals import described
    from stream.runtime.task_ports import Failed, Fenced

    # What aiokafka cannot overcome is told below, in one line.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    settings = read_settings(config, brokers=brokers)
    try:
        done = asyncio.run(_requeue(settings, _wish(given), is_dry=dry_run))
    except Fenced as fenced:
        raise click.ClickException("another requeue has begun meanwhile; what this one did stands") from fenced
    except (KafkaError, OSError, Failed, StreamStop) as error:
        reason = asyncio.run(described(error, settings)) or f"the brokers at {settings.brokers}: {error}"
        raise click.ClickException(reason) from error
    click.echo("\n".join(_summary(done, is_dry=dry_run)))


def _wish(given: dict[str, Any]) -> "Wish":
    from stream.runtime.requeue import Wish

    times = {name: given[name] for name in ("from_ms", "until_ms") if given[name] is not None}
    return Wish(frozenset(given["topics"]), frozenset(given["reasons"]), **times)


async def _requeue(settings: "Settings", wish: "Wish", *, is_dry: bool) -> "Requeued":
    from stream.runtime.kafka_letters import open_letters
    from stream.runtime.kafka_transactions import KafkaTransactions
    from stream.runtime.requeue import Requeue

    transactions = KafkaTransactions(settings)
    count = await transactions.partitions(f"{settings.topic_prefix}dead-letters")
    # First the right to write: whoever reads the marks then has seen all there will be but its own.
    writer = None if is_dry else await transactions.open_as("requeue")
    try:
        async with open_letters(settings, count) as letters:
            return await Requeue(settings, letters, transactions).run(wish, writer)
    finally:
        if writer is not None:
            await writer.close()


def _summary(done: "Requeued", *, is_dry: bool) -> list[str]:
    count = done.chosen.total()
    lines = [f"{'would requeue' if is_dry else 'requeued'} {count:,} dead letter{'' if count == 1 else 's'}"]
    lines += [f"  {topic:12} {reason:17} {of:,}" for (topic, reason), of in sorted(done.chosen.items())]
    lines += [f"left alone: {of:,} {why}" for why, of in sorted(done.left.items())]
    return lines
