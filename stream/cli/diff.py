"""`stream diff`: two configs compared on a history."""

from pathlib import Path
from typing import Any

import click
import msgspec

from stream.cli.config import Refused, load_config
from stream.cli.history import Given, assuming, form_given, history_options, progress, write_report
from stream.cli.times import time_given


@click.command("diff")
@click.option(
    "--config",
    "configs",
    multiple=True,
    required=True,
    type=click.Path(path_type=Path),
    help="Given twice: the one there is, and the one to come.",
)
@click.option("--data", "files", multiple=True, required=True, type=click.Path(path_type=Path), help="A history.")
@history_options
def command(configs: tuple[Path, ...], files: tuple[Path, ...], **options: Any) -> None:
    """Decide over a history under two configs, A and B, and say what would not be the same.

    Who would enter and leave which segment, who would be triggered otherwise, and what keeps them out on the other
    side. The history (plain or gzipped, in any order of time; may be given again) is decided over from its beginning.
    What learns from others, a choice or a best time, goes by what it would at the start.
    """
    from stream.adapters.formats import adapter_for
    from stream.adapters.rows import InputRefused
    from stream.replay.compare.comparing import ToCompare, compare
    from stream.replay.compare.text import diff_text
    from stream.replay.pages.rendering import diff_page

    if len(configs) != 2:
        raise Refused(f"--config is needed twice, A and B; it was given {len(configs)} times")
    given = msgspec.convert(options, Given)
    a, b = map(load_config, configs)
    a, b = assuming(a, given.assume_consent, b), assuming(b, given.assume_consent, a)
    names = str(configs[0]), str(configs[1])
    stop_ms = time_given("--until", given.until)
    try:
        form = form_given(given, files)
        asked = ToCompare(
            a=(names[0], a),
            b=(names[1], b),
            files=files,
            form=form,
            adapter=lambda plan: adapter_for(form, given.mapping, plan),
            until_ms=stop_ms,
            examples=not given.no_examples,
        )
        with progress(files) as ticks:
            found = compare(asked, ticks)
    except InputRefused as refusal:
        raise Refused(str(refusal)) from refusal
    click.echo(diff_text(found))
    write_report(found, lambda: diff_page(found), given.report, given.json_file)
