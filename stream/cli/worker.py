"""`stream worker`: decide over Kafka."""

import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import click

from stream.cli.config import load_config
from stream.cli.logs import log_to_stderr
from stream.cli.settings import read_settings

if TYPE_CHECKING:
    from stream.definitions.shapes import Definitions
    from stream.runtime.settings import Settings


@click.command("worker", short_help="Decide over Kafka: read events, keep profiles, send triggers.")
@click.option(
    "--config",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default="config",
    show_default=True,
    help="Folder of the definitions and of settings.yaml.",
)
@click.option("--brokers", metavar="HOST:PORT,...", help="Brokers to ask first, instead of the settings'.")
@click.option("--clock", type=click.Choice(["wall", "event"]), help="Live time, or the time of a played history.")
@click.option("--embedded", is_flag=True, help="Start a broker inside this process, to try things; nothing is kept.")
def command(config: Path, brokers: str | None, clock: str | None, embedded: bool) -> None:
    """Read events from Kafka, keep one profile per user, and write segment changes, triggers and decisions.

    Several workers of the same config share the work. Any setting can be given as STREAM_NAME in the environment.
    Ends orderly on SIGTERM and Ctrl-C (0). A config with a mistake starts nothing (2); a worker that cannot go on says
    why and stops with nothing half done (1), to be started anew.
    """
    if embedded and brokers:
        raise click.UsageError("--embedded starts its own broker; leave out --brokers")
    definitions = load_config(config)
    settings = read_settings(config, brokers=brokers, clock=clock, embedded="true" if embedded else None)
    log_to_stderr(settings.log_level)

    from stream.runtime.worker import WorkerFailed, run_worker

    with ExitStack() as ending:
        if embedded:
            settings = _embedded(settings, ending, definitions)
        try:
            run_worker(definitions, settings)
        except WorkerFailed as failure:
            click.echo(f"Error: the worker stopped: {failure}", err=True)
            sys.exit(1)


def _embedded(settings: "Settings", ending: ExitStack, definitions: "Definitions") -> "Settings":
    """Start the embedded broker with our topics; return the settings that point to it."""
    import msgspec

    from stream.cli.topics import sharing_of
    from stream.runtime.embedded import LIMITS, EmbeddedBroker

    broker = ending.enter_context(EmbeddedBroker())
    try:
        broker.create_topics_of(settings, sharing_of(definitions))
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{LIMITS} It is at {broker.bootstrap}.", err=True)
    return msgspec.structs.replace(settings, brokers=broker.bootstrap)
