"""The reference page, in Markdown."""

from typing import Final

from stream.definitions.aggregates import NEEDED, OPTIONS_OF
from stream.definitions.manual.entries import EXAMPLE_ACTIONS, EXAMPLE_PLAN, Entry, Example, Section
from stream.definitions.manual.operators import OPERATORS
from stream.definitions.manual.sections import PAGE

_HEAD: Final = """\
# Reference

All that can be written in a config. This page is generated from the code (`stream reference`), and each example is run
as a test: a line with a time tells an event, and `=>` says that a condition is true then.

Windows are rolling. A window of length W is kept in buckets of at most W/168 (an hour for a week): an event counts for
at least W, and leaves at most one bucket later, by time alone. All lengths are durations: `30m`, `1h`, `7d`, `4w`.
"""

_TAIL: Final = """\
## The plan and the actions of the examples

Those examples that bring none of their own share these:

"""


def reference_page() -> str:
    """Return the whole page."""
    contents = "\n".join(f"- [{section.title}](#{_anchor(section.title)})" for section in PAGE)
    shared = Example({"events.yaml": EXAMPLE_PLAN, "actions.yaml": EXAMPLE_ACTIONS})
    parts = [_HEAD, contents + "\n", *map(_section, PAGE), _TAIL + _shown(shared)]
    return "\n".join(parts).rstrip() + "\n"


def _section(section: Section) -> str:
    parts = [f"## {section.title}\n"]
    if section.intro:
        parts.append(f"{section.intro}\n")
    if any(entry.example is not None for entry in section.entries):
        parts += [_entry(section, entry) for entry in section.entries]
    else:
        parts.append(_fields(section))
    if section.example is not None:
        parts.append(_shown(section.example))
    return "\n".join(parts)


def _fields(section: Section) -> str:
    rows = [f"| `{entry.name}` | {entry.meaning} | {_without(entry)} |" for entry in section.entries]
    return "\n".join(["| field | meaning | without it |", "| --- | --- | --- |", *rows]) + "\n"


def _without(entry: Entry) -> str:
    return "required" if entry.required else entry.without


def _entry(section: Section, entry: Entry) -> str:
    said = [entry.meaning]
    if entry.without:
        said.append(f"Without it: {entry.without}.")
    if section is OPERATORS and entry.name in OPTIONS_OF:
        needed = NEEDED.get(next(op for op in OPTIONS_OF if op == entry.name), ())
        options = [f"`{option}`{' (required)' if option in needed else ''}" for option in _options_of(entry.name)]
        said.append(f"Options: {', '.join(options)}.")
    if entry.bound:
        said.append(f"Kept of a user: {entry.bound}")
    shown = "" if entry.example is None else "\n" + _shown(entry.example)
    return f"### `{entry.name}`\n\n{_wrapped(' '.join(said))}\n{shown}"


def _options_of(name: str) -> tuple[str, ...]:
    return next(options for op, options in OPTIONS_OF.items() if op == name)


def _shown(example: Example) -> str:
    """Return an example as blocks: the files, each under its name, and what happens."""
    blocks = [f"```yaml\n# {file}\n{text.rstrip()}\n```\n" for file, text in example.files.items()]
    if example.story:
        blocks.append(f"```text\n{example.story.rstrip()}\n```\n")
    return "\n".join(blocks)


def _wrapped(text: str, width: int = 120) -> str:
    lines, line = [], ""
    for word in text.split():
        if line and len(line) + 1 + len(word) > width:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}".strip()
    return "\n".join([*lines, line])


def _anchor(title: str) -> str:
    """Return GitHub's anchor of a heading."""
    kept = "".join(char for char in title.lower() if char.isalnum() or char in " -_")
    return kept.replace(" ", "-")
