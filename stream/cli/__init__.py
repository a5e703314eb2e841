"""The command line: a command is one file here, imported only when it is called."""

import importlib
import os
import sys
from typing import Final

import click

_COMMANDS: Final = {
    "init": "Begin a config of your own with the shipped one.",
    "check": "Say all that is wrong with a config folder, and what it comes to on a history.",
    "test": "Run the *.test.yaml beside the definitions, on virtual time.",
    "replay": "Decide over files, without Kafka: what would this history have done?",
    "explain": "Say why a user is in a segment or out of it, from a replay of their history.",
    "diff": "Compare two configs on a history: who would be elsewhere, triggered otherwise, and why.",
    "lift": "Say what triggers brought, against those who were held out.",
    "fit": "Learn frozen tables from history: RFM scores, percentiles, CLV.",
    "topics": "Create the topics on a broker, and verify them.",
    "worker": "Decide over Kafka: read events, keep profiles, send triggers.",
    "play": "Feed a file to Kafka, as fast as it goes or at a speed.",
    "requeue": "Bring dead letters back to their topics, after a repair.",
    "demo": "Show it working: an embedded broker, a simulated shop, a real worker.",
    "schema": "Write the JSON Schemas of all outcomes.",
    "reference": "Write the reference page, and the JSON Schemas of a config for editors.",
}
"""Help by command, in the order one comes to need them. Written here, so that `stream --help` imports none of them."""

_INTERRUPTED: Final = 130


class _Commands(click.Group):
    """A group whose commands are imported when called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"stream.cli.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(None, "-V", "--version", package_name="stream", message="%(prog)s %(version)s")
def commands() -> None:
    """Turn what users do into who they are now, and what to do next.

    Events come in from Kafka (or a file); segments and triggers go out. What is decided is written as YAML in a
    config folder. Start with `stream demo`; then edit a definition, and `stream check` and `stream test` it.
    """


def main() -> None:
    """Run the command line; what goes wrong is said on stderr and exits 2."""
    try:
        result = commands.main(prog_name="stream", standalone_mode=False)
    except click.ClickException as failure:
        failure.show()
        sys.exit(2)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(_INTERRUPTED)
    except BrokenPipeError:
        # The reader of our output is gone (`| head`); Python's own flush at exit must not complain about it again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(_INTERRUPTED)
    sys.exit(result if isinstance(result, int) else 0)
