"""`train.toml`: the settings of a training run, read, laid under the command line's and printed."""

__all__ = ["load_train_settings", "train_toml"]

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from synth.errors import ConfigError, UsageError, did_you_mean
from synth.toml_file import none_for_false, read_given
from synth.toml_text import comment, keys_of, table
from train.settings import TrainSettings

HEAD = """
Every setting of synth train, with its value. Keep in train.toml what you change: what isn't said there is the default,
or what suits the detector, the device and the pictures.
""".strip()
UNSAID = "not said"


def load_train_settings(path: Path | None, overrides: Mapping[str, Any]) -> TrainSettings:
    """Read `train.toml`, if there is one, and lay the command line over it.

    Args:
        path: The file, or None for the defaults. A path in it is relative to its folder.
        overrides: Values by key; None where the command line says nothing.
    Raises:
        ConfigError: the file is missing or wrong; the message names the key and what was meant, where that is clear.
        UsageError: a value of the command line is wrong.
    """
    overrides = {key: value for key, value in overrides.items() if value is not None}
    given = _with_none(read_given(path, overrides), TrainSettings)
    if path and "weights" not in overrides and isinstance(weights := given.get("weights"), str):
        given["weights"] = path.parent / weights
    try:
        return TrainSettings.model_validate(given)
    except ValidationError as error:
        problem = error.errors()[0]
        where = [str(part) for part in problem["loc"]]
        if path is None or overrides.keys() & {".".join(where[:depth]) for depth in (1, 2)}:
            raise UsageError(_told(problem, where)) from None
        raise ConfigError(f"{path}: {_told(problem, where)}") from None


def train_toml(settings: TrainSettings) -> str:
    """A train.toml that says everything and reads back as the same settings."""
    groups = {
        name: part for name in TrainSettings.model_fields if isinstance(part := getattr(settings, name), BaseModel)
    }
    lines = [*comment(HEAD), *keys_of(settings, skip=groups, none=UNSAID)]
    for name, part in groups.items():
        lines += table(name, part, UNSAID)
    return "\n".join(lines) + "\n"


def _with_none(given: Mapping[str, Any], kind: type[BaseModel]) -> dict[str, Any]:
    """The table, and those in it, with None for `false` where a setting may be None."""
    fields = kind.model_fields
    plain = {
        key: none_for_false(value, fields[key].annotation) if key in fields else value for key, value in given.items()
    }
    groups = {key: group for key in plain if (group := _group(kind, key)) and isinstance(plain[key], dict)}
    return plain | {key: _with_none(plain[key], group) for key, group in groups.items()}


def _group(kind: type[BaseModel], key: str) -> type[BaseModel] | None:
    """The class of a field that is a table of settings."""
    annotation = kind.model_fields[key].annotation if key in kind.model_fields else None
    return annotation if isinstance(annotation, type) and issubclass(annotation, BaseModel) else None


def _told(problem: Mapping[str, Any], where: list[str]) -> str:
    if problem["type"] == "extra_forbidden":
        kind = (_group(TrainSettings, where[0]) if len(where) > 1 else None) or TrainSettings
        table_name = f"[{where[0]}]: " if len(where) > 1 else ""
        return f'{table_name}there is no setting "{where[-1]}".{did_you_mean(where[-1], kind.model_fields)}'
    message = problem["msg"].removeprefix("Value error, ")
    # What several settings say together has no key of its own.
    return f"{'.'.join(where)}: {message}, got {problem['input']!r}." if where else f"{message}."
