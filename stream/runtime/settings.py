"""Settings are read here: from `settings.yaml`, then from `STREAM_*` variables, which win."""

import re
from collections.abc import Iterator, Mapping
from typing import Final

import msgspec
from msgspec import inspect

from stream.definitions.durations import parse_duration
from stream.definitions.problems import ConfigRefused, Problem, Spot, nearest
from stream.definitions.source import YamlMap, YamlNode, YamlText, read_yaml
from stream.runtime.settings_fields import Clock, Secret, Settings

__all__ = ["Clock", "Secret", "Settings", "check_settings", "load_settings"]

FILE: Final = "settings.yaml"
_PREFIX: Final = "STREAM_"
_NOT_A_SETTING: Final = "STREAM_DATA"
"""Where the tests find public data sets; it may be set where a worker runs, too."""
_MILLISECONDS: Final = re.compile(r"(\d{1,15})ms", re.ASCII)


class _Given(msgspec.Struct):
    """Settings as texts by field, where each was written, and what is wrong so far."""

    texts: dict[str, str]
    spots: dict[str, Spot]
    problems: list[Problem]


def load_settings(text: str, env: Mapping[str, str]) -> Settings:
    """Return the settings; raises ConfigRefused with every problem, each at its line or named by its variable."""
    settings, problems = _read(text, env)
    if settings is None:
        raise ConfigRefused(problems)
    return settings


def check_settings(text: str) -> list[Problem]:
    """Return all that is wrong with the text of a `settings.yaml`, variables apart."""
    return sorted(_read(text, {})[1])


def written_name(field: str) -> str:
    """Return the name of a field in the file: times go without their unit, `lateness_ms` is `lateness`."""
    return field.removesuffix("_ms").removesuffix("_s")


_FIELDS: Final = {field.name: field for field in inspect.type_info(Settings).fields}  # type: ignore[attr-defined]  # a struct has fields
_FIELD_OF: Final = {written_name(name): name for name in _FIELDS}


def _read(text: str, env: Mapping[str, str]) -> tuple[Settings | None, list[Problem]]:
    given = _Given({}, {}, [])
    _take_file(given, text)
    _take_variables(given, env)
    values: dict[str, object] = {}
    for field, written in given.texts.items():
        try:
            values[field] = _value(field, written)
        except ValueError as error:
            given.problems.append(Problem(given.spots[field], f"{written_name(field)}: {error}"))
    if given.problems:
        return None, given.problems
    settings = Settings(**values)  # type: ignore[arg-type]  # each value was converted to its field's type
    for field, message in _contradictions(settings):
        given.problems.append(Problem(_spot(given, field), f"{written_name(field)}: {message}"))
    return (None if given.problems else settings), given.problems


def _take_file(given: _Given, text: str) -> None:
    root: YamlNode | None = read_yaml(FILE, text, given.problems) if text.strip() else None
    if root is None:
        return
    if not isinstance(root, YamlMap):
        if not (isinstance(root, YamlText) and root.text in ("", "null", "~")):
            given.problems.append(Problem(root.spot, "expected `name: value` lines"))
        return
    for key, node in root.items.items():
        spot = root.key_spots[key]
        if key not in _FIELD_OF:
            given.problems.append(Problem(spot, f"unknown setting {key!r}", nearest(key, _FIELD_OF)))
        elif not isinstance(node, YamlText):
            given.problems.append(Problem(node.spot, f"{key}: expected a single value"))
        else:
            given.texts[_FIELD_OF[key]], given.spots[_FIELD_OF[key]] = node.text, node.spot


def _take_variables(given: _Given, env: Mapping[str, str]) -> None:
    known = {_PREFIX + key.upper(): field for key, field in _FIELD_OF.items()}
    for variable in sorted(name for name in env if name.startswith(_PREFIX) and name != _NOT_A_SETTING):
        spot = Spot(variable, 1, 1)
        if variable not in known:
            given.problems.append(Problem(spot, "unknown variable, no setting is called so", nearest(variable, known)))
            continue
        given.texts[known[variable]], given.spots[known[variable]] = env[variable], spot


def _spot(given: _Given, field: str) -> Spot:
    return given.spots.get(field, Spot(FILE, 1, 1))


def _value(field: str, text: str) -> object:
    """Return the setting's value; raises ValueError saying what was expected, and never what a secret was."""
    declared = _FIELDS[field]
    kind = declared.type.type if isinstance(declared.type, inspect.Metadata) else declared.type
    if isinstance(kind, inspect.CustomType):
        return Secret(text)
    value: object = text
    if isinstance(kind, inspect.IntType):
        value = _duration(field, text) if field != written_name(field) else _whole(text)
        _check_bounds(field, value, kind)
    elif isinstance(kind, inspect.BoolType):
        if text not in ("true", "false"):
            raise ValueError(f"expected true or false, found {text!r}")
        value = text == "true"
    elif isinstance(kind, inspect.LiteralType) and text not in kind.values:
        raise ValueError(f"expected one of {', '.join(map(str, kind.values))}, found {text!r}")
    elif isinstance(kind, inspect.StrType):
        _check_text(text, kind)
    return value


def _whole(text: str) -> int:
    if not re.fullmatch(r"\d{1,15}", text, re.ASCII):
        raise ValueError(f"expected a whole number, found {text!r}")
    return int(text)


def _duration(field: str, text: str) -> int:
    """Return milliseconds for `..._ms` and seconds for `..._s`."""
    match = _MILLISECONDS.fullmatch(text)
    size_ms = int(match[1]) if match else parse_duration(text)
    if size_ms is None:
        raise ValueError(f"expected a duration such as 20ms, 2s, 10m or 7d, found {text!r}")
    if field.endswith("_ms"):
        return size_ms
    if size_ms % 1_000:
        raise ValueError(f"expected whole seconds, found {text!r}")
    return size_ms // 1_000


def _check_bounds(field: str, value: int, kind: inspect.IntType) -> None:
    unit = field.removeprefix(written_name(field)).removeprefix("_")
    if kind.ge is not None and value < kind.ge:
        raise ValueError(f"at least {kind.ge}{unit}, found {value}{unit}")
    if kind.le is not None and value > kind.le:
        raise ValueError(f"at most {kind.le}{unit}, found {value}{unit}")


def _check_text(text: str, kind: inspect.StrType) -> None:
    if kind.min_length and len(text) < kind.min_length:
        raise ValueError("must not be empty")
    if kind.pattern and not re.fullmatch(kind.pattern, text):
        raise ValueError(f"{text!r} does not have the form {kind.pattern}")


def _contradictions(settings: Settings) -> Iterator[tuple[str, str]]:
    """Yield (field, message) for settings that are right alone and wrong together."""
    if settings.checkpoint_min_ms > settings.checkpoint_max_ms:
        yield "checkpoint_min_ms", "longer than checkpoint_max"
    if settings.checkpoint_max_ms * 2 > settings.transaction_timeout_ms:
        yield "transaction_timeout_ms", "less than twice checkpoint_max: transactions would be aborted under way"
    if settings.heartbeat_interval_ms * 3 > settings.session_timeout_ms:
        yield "heartbeat_interval_ms", "more than a third of session_timeout: a lost heartbeat would cost the tasks"
    if settings.low_mark_records >= settings.high_mark_records:
        yield "low_mark_records", "not below high_mark_records"
    if not settings.check_crcs and not settings.embedded:
        yield "check_crcs", "false is for the embedded broker only; a real one's records are to be verified"
    for message in _security_contradictions(settings):
        yield "security_protocol", message


def _security_contradictions(settings: Settings) -> Iterator[str]:
    protocol = settings.security_protocol
    has_account = bool(settings.sasl_username or settings.sasl_password)
    if protocol.startswith("SASL_") and not (settings.sasl_username and settings.sasl_password):
        yield f"{protocol} needs sasl_username and sasl_password"
    if not protocol.startswith("SASL_") and has_account:
        yield f"{protocol} would not use the SASL name and password given"
    if not protocol.endswith("SSL") and (settings.ssl_cafile or settings.ssl_certfile):
        yield f"{protocol} would not use the certificates given"
    if bool(settings.ssl_certfile) != bool(settings.ssl_keyfile):
        yield "ssl_certfile and ssl_keyfile go together"
