"""`stream reference`: the reference page, and the JSON Schemas with which editors complete and check a config."""

import json
from pathlib import Path

import click

from stream.cli.config import Refused

SCHEMAS = Path("config/schemas")
PAGE = Path("docs/reference.md")


@click.command("reference")
@click.option("--schemas", type=click.Path(path_type=Path), default=SCHEMAS, show_default=True)
@click.option("--page", type=click.Path(path_type=Path), default=PAGE, show_default=True)
@click.option("--check", is_flag=True, help="Write nothing; fail where a file differs from the code.")
def command(schemas: Path, page: Path, check: bool) -> None:
    """Write what helps to write a config: a page of all that can be said in it, and JSON Schemas for editors."""
    texts = reference_texts(schemas, page)
    there = set(schemas.glob("*.schema.json"))
    drifted = sorted(str(path) for path in texts.keys() | there if _read(path) != texts.get(path))
    if not check:
        for path, text in texts.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        click.echo(f"{len(texts) - 1} schemas written to {schemas}, the page to {page}")
    elif drifted:
        raise Refused(f"{', '.join(drifted)} differ from the code; write them again with `stream reference`")
    else:
        click.echo(f"{len(texts) - 1} schemas in {schemas} and {page} are those of the code")


def reference_texts(schemas: Path, page: Path) -> dict[Path, str]:
    """Return the texts of all files, by path."""
    from stream.cli.settings_schema import settings_schema
    from stream.definitions.manual.page import reference_page
    from stream.definitions.manual.schemas import config_schemas

    named = {**config_schemas(), "settings": settings_schema()}
    texts = {schemas / f"{name}.schema.json": json.dumps(schema, indent=2) + "\n" for name, schema in named.items()}
    return {**texts, page: reference_page()}


def _read(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
