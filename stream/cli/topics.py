"""`stream topics`: create the topics on a broker, and verify them."""

import asyncio
import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from stream.cli.config import load_config
from stream.cli.settings import read_settings

if TYPE_CHECKING:
    from stream.definitions.shapes import Definitions
    from stream.runtime.topics import Finding, Sharing


@click.command("topics", short_help="Create the topics on a broker, and verify them.")
@click.argument("config", type=click.Path(exists=True, file_okay=False, path_type=Path), default="config")
@click.option("--create/--verify", default=True, help="Create what is missing (the default), or only look.")
@click.option("--brokers", metavar="HOST:PORT,...", help="Brokers to ask first, instead of the settings'.")
def command(config: Path, create: bool, brokers: str | None) -> None:
    """Create the input, output and changelog topics that CONFIG/settings.yaml asks for, and verify those that exist.

    Where the definitions in CONFIG learn of all users together, or ask for products, more are needed. Existing topics
    are never altered. Exits 2 where a topic is missing or cannot be used: unequal partition counts, a changelog that is
    not compacted, fewer replicas than the settings ask for.
    """
    from aiokafka.errors import KafkaError

    from stream.runtime.refusals import described
    from stream.runtime.topics import failures
    from stream.runtime.topics_on_broker import TopicsRefused, ensure_topics

    # What aiokafka cannot overcome is told below, in one line.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    settings = read_settings(config, brokers=brokers)
    try:
        findings = asyncio.run(ensure_topics(settings, create=create, sharing=sharing_in(config)))
    except TopicsRefused as refusal:
        raise click.ClickException(str(refusal)) from refusal
    except (KafkaError, OSError) as error:
        reason = asyncio.run(described(error, settings)) or f"the brokers at {settings.brokers}: {error!r}"
        raise click.ClickException(reason) from error
    click.echo("\n".join(_table(findings)))
    wrong = failures(findings)
    if wrong:
        hint = "" if create else "; `stream topics --create` creates the missing"
        click.echo(f"Error: {len(wrong)} of {len(findings)} topics cannot be used{hint}", err=True)
        sys.exit(2)


def sharing_in(config: Path) -> "Sharing":
    """Return what the definitions share among users; a folder with settings alone has none."""
    from stream.runtime.topics import NOTHING_SHARED

    return sharing_of(load_config(config)) if (config / "events.yaml").exists() else NOTHING_SHARED


def sharing_of(definitions: "Definitions") -> "Sharing":
    """Return what these share among users."""
    from stream.decision.program import Program
    from stream.runtime.topics import Sharing

    program = Program(definitions)
    return Sharing(learns=program.learns, products=program.remembers_products)


def _table(findings: "list[Finding]") -> list[str]:
    """One line a topic, and under it what differs."""
    width = max(len(finding.topic.name) for finding in findings)
    lines: list[str] = []
    for finding in findings:
        topic = finding.topic
        configs = " ".join(f"{config.key}={config.value}" for config in topic.configs)
        sizes = f"{topic.partitions} partitions, replication {topic.replication}"
        lines.append(f"{finding.state:8} {topic.name:{width}}  {sizes}  {configs}")
        lines.extend(f"{'':8} {'':{width}}  {difference}" for difference in finding.differences)
    return lines
