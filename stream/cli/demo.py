"""`stream demo`: an embedded broker, a simulated shop, a real worker, and what comes of it."""

import os
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

if TYPE_CHECKING:
    from stream.cli.demo_outcomes import OutcomeReader
    from stream.cli.demo_processes import Process, WorkerPage
    from stream.cli.demo_screen import Screen
    from stream.definitions.shapes import Definitions

_DAY_S: Final = 86_400
_READY_WITHIN_S: Final = 60
_DRAINED_WITHIN_S: Final = 25
_QUIET_S: Final = 3
_READ_S: Final = 0.25
_HTTP_PORT: Final = 6_066


@click.command("demo", short_help="Show it working: an embedded broker, a simulated shop, a real worker.")
@click.argument("config", type=click.Path(exists=True, file_okay=False, path_type=Path), default="config")
@click.option("--shoppers", type=click.IntRange(1, 1_000), default=300, show_default=True, help="How many there are.")
@click.option("--days", type=click.IntRange(1, 14), default=12, show_default=True, help="How long they shop.")
@click.option("--seconds", type=click.IntRange(1), default=40, show_default=True, help="How long the days take.")
@click.option("--seed", type=int, default=7, show_default=True, help="Another seed is another shop.")
def command(config: Path, shoppers: int, days: int, seconds: int, seed: int) -> None:
    """Play a simulated shop into a real worker with the definitions of CONFIG, and show what they make of it.

    Needs no Kafka: an embedded broker stands in for it. On a terminal the worker then serves on until Ctrl-C.
    """
    from rich.console import Console

    from stream.cli.config import load_config
    from stream.cli.demo_screen import Screen

    definitions = load_config(config)
    console = Console(highlight=False)
    with ExitStack() as ends:
        folder = Path(ends.enter_context(tempfile.TemporaryDirectory(prefix="stream-demo-")))
        demo = _Demo(config, folder, Screen(console), ends)
        events = _write_shop(folder / "shop.jsonl", definitions, (seed, shoppers, days))
        demo.start((seed, days))
        took_s = demo.play(days * _DAY_S / seconds)
        demo.say_summary((shoppers, days, events), took_s, definitions.plan.currency)
        if console.is_terminal and sys.stdin.isatty():
            demo.serve_on()


class _Demo:
    """The parts while they run; `ends` ends them in the opposite order."""

    def __init__(self, config: Path, folder: Path, screen: "Screen", ends: ExitStack) -> None:
        from stream.cli.demo_signals import Signals

        self._config, self._folder, self._screen, self._ends = config, folder, screen, ends
        self._signals = Signals()
        self._env: dict[str, str] = {}
        self._worker: Process
        self._page: WorkerPage
        self._outcomes: OutcomeReader

    def start(self, shop: tuple[int, int]) -> None:
        """Start the broker and the worker, and wait until it is ready; a shop of that seed and so many days."""
        from stream.cli.demo_catalogue import write_catalogue
        from stream.cli.demo_outcomes import OutcomeReader
        from stream.cli.demo_processes import WorkerPage, free_port
        from stream.cli.settings import read_settings
        from stream.cli.topics import sharing_in
        from stream.runtime.embedded import LIMITS, PARTITIONS, EmbeddedBroker
        from stream.runtime.topics import catalogue_topic
        from stream.testkit.shop import offers

        self._screen.say(LIMITS)
        broker = self._ends.enter_context(EmbeddedBroker())
        port = free_port(_HTTP_PORT)
        given = {
            "app": "stream-demo",
            "brokers": broker.bootstrap,
            "check_crcs": "false",
            "clock": "event",
            "embedded": "true",
            "http_host": "127.0.0.1",
            "http_port": str(port),
            "log_level": "warning",
            "partitions": str(PARTITIONS),
            "security_protocol": "PLAINTEXT",
            "topic_prefix": "",
        }
        settings, sharing = read_settings(self._config, **given), sharing_in(self._config)
        broker.create_topics_of(settings, sharing)
        if sharing.products:
            write_catalogue(broker.bootstrap, catalogue_topic(settings), offers(*shop))
        self._env = {**os.environ, **{f"STREAM_{name.upper()}": value for name, value in given.items()}}
        self._outcomes = self._ends.enter_context(OutcomeReader(broker.bootstrap, PARTITIONS))
        self._worker = self._run("worker", "--config", str(self._config))
        self._page = WorkerPage(port)
        self._screen.say(f"starting a worker; its metrics are at {self._page.url}/metrics")
        self._wait_until_ready()

    def play(self, speed: float) -> float:
        """Play the shop into the worker and show what comes out; return how many seconds it took."""
        started_s = time.monotonic()
        shop = str(self._folder / "shop.jsonl")
        self._screen.say(f"playing the shop, {speed / 3_600:.1f} hours a second")
        arguments = (shop, "--format", "segment", "--config", str(self._config), "--speed", f"{speed:.0f}")
        player = self._run("play", *arguments)
        with self._screen:
            while not player.is_over():
                self._show()
            self._show_the_rest()
        return time.monotonic() - started_s - _QUIET_S

    def _show(self) -> bool:
        """Show what has come, and return whether anything has."""
        outcomes = self._outcomes.read(_READ_S)
        self._screen.show(outcomes)
        self._worker.check_running()
        return bool(outcomes)

    def _show_the_rest(self) -> None:
        """Show what still comes, until all is decided and nothing has come for a while."""
        quiet_since_s = time.monotonic()
        give_up_s = quiet_since_s + _DRAINED_WITHIN_S
        while time.monotonic() - quiet_since_s < _QUIET_S:
            if self._show() or self._page.lag_records() != 0:
                quiet_since_s = time.monotonic()
            if quiet_since_s > give_up_s:
                raise _failure(f"the worker was not through within {_DRAINED_WITHIN_S} s", self._worker)

    def say_summary(self, size: tuple[int, int, int], took_s: float, currency: str) -> None:
        """Say what came of it, and what to try next."""
        from stream.cli.demo_summary import Played, summary

        shoppers, days, events = size
        dead_letters = self._outcomes.dead_letters
        played = Played(str(self._config), shoppers, days, events, took_s, currency, dead_letters)
        self._screen.say("")
        for line in summary(self._screen.tally, played).splitlines():
            self._screen.say(line)

    def serve_on(self) -> None:
        """Keep the worker serving until Ctrl-C."""
        self._screen.say(f"\nThe worker serves on, its metrics at {self._page.url}/metrics. Ctrl-C ends it.")
        try:
            while True:
                self._worker.check_running()
                time.sleep(_READ_S)
        except KeyboardInterrupt:
            self._screen.say("ending")

    def _run(self, *arguments: str) -> "Process":
        from stream.cli.demo_processes import Process

        with self._signals.held():
            process = Process(arguments, self._folder / f"{arguments[0]}.log", self._env)
            return self._ends.enter_context(process)

    def _wait_until_ready(self) -> None:
        give_up_s = time.monotonic() + _READY_WITHIN_S
        while not self._page.is_ready():
            self._worker.check_running()
            if time.monotonic() > give_up_s:
                raise _failure(f"the worker was not ready within {_READY_WITHIN_S} s", self._worker)
            time.sleep(_READ_S)


def _write_shop(file: Path, definitions: "Definitions", size: tuple[int, int, int]) -> int:
    """Write what the shoppers do, one call a line, and return how many calls there are."""
    from stream.model.calls import encode_call
    from stream.testkit.shop import simulate

    seed, shoppers, days = size
    purposes = sorted({purpose for action in definitions.actions.values() for purpose in action.purposes})
    calls = simulate(seed, purposes, shoppers, days)
    file.write_bytes(b"".join(encode_call(call) + b"\n" for call in calls))
    return len(calls)


def _failure(message: str, worker: "Process") -> click.ClickException:
    from stream.cli.demo_processes import DemoFailed

    return DemoFailed(f"{message}; the end of its log:\n{worker.last_lines()}")
