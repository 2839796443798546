"""The settings of a data set: a preset, `render.toml` and the command line in, one checked value out.

Top-level keys are the fields of `RenderSettings`, and `preset`; each other table, `[lights]` say, holds the fields of
the randomizer of that name.
"""

__all__ = ["SIDE_PX", "RenderSettings", "load_settings", "make_stack"]

import hashlib
import importlib
import sys
from collections.abc import Mapping
from dataclasses import asdict, fields, is_dataclass
from pathlib import Path
from typing import Any, get_type_hints

import orjson
from pydantic import BaseModel, ConfigDict, Field, PydanticUserError, TypeAdapter, ValidationError

from synth.annotate.observed import ANNOTATORS
from synth.annotate.sample import LABEL_KINDS
from synth.errors import ConfigError, did_you_mean
from synth.layers import read_layers
from synth.policy import LabelPolicy
from synth.randomize import DEFAULT_STACK
from synth.randomize.draft import RANDOMIZERS, Randomizer
from synth.toml_file import none_for_false
from synth.write.pictures import DEFAULT_IMAGES, IMAGES

# Least and greatest width and height of a picture.
SIDE_PX = (16, 8192)


class RenderSettings(BaseModel):
    """Everything but the assets that decides what a data set looks like.

    Attributes:
        size: Width and height of the pictures, pixels.
        seed: Of all randomness.
        categories: Names of those to place; empty: all of the catalogue.
        randomizers: Names, in the order in which they run. If not said: the usual ones, then those of the plugins.
        plugins: Python modules to import first, my_rain.py beside this file as "my_rain": they register randomizers,
            label kinds or image kinds of your own.
        labels: The label kinds to write.
        images: The image kinds to write beside the picture: instance, class, panoptic, depth, normals, or a plugin's.
        jpeg_quality: Of the pictures on disk, 1 to 100.
        policy: Which labels count.
        tables: The settings of each randomizer, as given.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    size: tuple[int, int] = (640, 480)
    seed: int = Field(0, ge=0, lt=2**63)
    categories: tuple[str, ...] = ()
    randomizers: tuple[str, ...] = DEFAULT_STACK
    plugins: tuple[str, ...] = ()
    labels: tuple[str, ...] = LABEL_KINDS
    images: tuple[str, ...] = DEFAULT_IMAGES
    jpeg_quality: int = Field(90, ge=1, le=100)
    policy: LabelPolicy = LabelPolicy()
    tables: dict[str, dict[str, Any]] = {}

    def resolved(self) -> dict[str, Any]:
        """Every setting with its value, defaults included, as JSON: what the manifest keeps."""
        parts = {name: _fields(part) for name, part in make_stack(self).items()}
        # As they come back from the disk: a tuple isn't equal to the list that JSON makes of it, and so no run could
        # ever be resumed.
        plain: dict[str, Any] = orjson.loads(orjson.dumps(self.model_dump(mode="json", exclude={"tables"}) | parts))
        return plain

    def sha256(self) -> str:
        """Of the resolved settings."""
        return hashlib.sha256(orjson.dumps(self.resolved(), option=orjson.OPT_SORT_KEYS)).hexdigest()


def load_settings(path: Path | None, overrides: Mapping[str, Any] | None = None) -> RenderSettings:
    """Read `render.toml`, if there is one, lay it over the preset that is named, and the command line over both.

    Args:
        path: The file, or None for the defaults.
        overrides: Values by key; a table's key is written "table.key".
    Raises:
        ConfigError: the file is missing or wrong; the message names the key and what was meant, where that is clear.
    """
    given = read_layers(path, overrides or {})
    where = str(path or "command line")
    # A plugin may lie beside the settings that name it; worker processes get the path handed on.
    if path is not None and (beside := str(path.resolve().parent)) not in sys.path:
        sys.path.append(beside)
    plugins = given.get("plugins", ())
    if isinstance(plugins, list | tuple):
        _import(tuple(str(module) for module in plugins), where)
    own = {key: value for key, value in given.items() if key in RenderSettings.model_fields and key != "tables"}
    tables = {key: value for key, value in given.items() if key not in own}
    own.setdefault("randomizers", (*DEFAULT_STACK, *_registered_by(own.get("plugins", ()))))
    for name, table in tables.items():
        if name in RANDOMIZERS and not isinstance(table, dict):
            raise ConfigError(f"{where}: {name}: expected a table, [{name}], got {table!r}.")
        if name not in RANDOMIZERS:
            known = [key for key in ("preset", *RenderSettings.model_fields, *RANDOMIZERS) if key != "tables"]
            raise ConfigError(f'{where}: there is no setting "{name}".{did_you_mean(name, known)}')
    tables = {name: _resolved(name, table, where, path) for name, table in tables.items()}
    try:
        settings = RenderSettings(**own, tables=tables)
    except ValidationError as error:
        raise ConfigError(f"{where}: {_first(error)}") from None
    _check(settings, where)
    return settings


def make_stack(settings: RenderSettings) -> dict[str, Randomizer]:
    """The randomizers by name, in their order, each with its settings.

    A worker process, which got the settings ready-made, has not imported the plugins yet; that is done here.

    Raises:
        ConfigError: a name is not registered, or a setting is unknown or of the wrong kind.
    """
    _import(settings.plugins, "settings")
    return {name: _randomizer(name, settings.tables.get(name, {})) for name in settings.randomizers}


def _resolved(name: str, table: dict[str, Any], where: str, path: Path | None) -> dict[str, Any]:
    """The table after the randomizer's own `resolve`, if it has one, has read what the settings only name."""
    resolve = getattr(RANDOMIZERS[name], "resolve", None)
    try:
        return dict(resolve(table, Path() if path is None else path.parent)) if resolve else table
    except ConfigError as error:
        raise ConfigError(f"{where}: [{name}]: {error}") from None


def _fields(part: object) -> dict[str, Any]:
    return asdict(part) if is_dataclass(part) and not isinstance(part, type) else {}


def _randomizer(name: str, table: dict[str, Any]) -> Randomizer:
    kind = RANDOMIZERS[name]
    known: list[str] = [field.name for field in fields(kind)] if is_dataclass(kind) else []
    for key in table:
        if key not in known:
            raise ConfigError(f'[{name}]: there is no setting "{key}".{did_you_mean(key, known)}')
    try:
        return TypeAdapter(kind).validate_python(_with_none(table, kind)) if known else kind()
    except ValidationError as error:
        raise ConfigError(f"[{name}]: {_first(error)}") from None
    # Of a plugin's own field: a type that isn't imported, or that no TOML value can be.
    except (NameError, PydanticUserError) as error:
        reason = str(error).splitlines()[0]
        raise ConfigError(
            f"[{name}]: a field of {kind.__name__} has a type that no setting can have ({reason})"
        ) from None
    # What a randomizer's own checks say; they don't know the name that it goes by.
    except (ConfigError, ValueError) as error:
        raise ConfigError(f"[{name}]: {error}") from None


def _with_none(table: dict[str, Any], kind: type) -> dict[str, Any]:
    """The table with None for `false` where a setting may be None: TOML has no word for it."""
    hints = get_type_hints(kind)
    return {key: none_for_false(value, hints[key]) for key, value in table.items()}


def _registered_by(plugins: Any) -> list[str]:
    """The randomizers that were written in the plugins."""
    homes = {name: f"{RANDOMIZERS[name].__module__}." for name in RANDOMIZERS}
    # What isn't a list of names is refused with the other settings.
    written = [f"{plugin}." for plugin in plugins] if isinstance(plugins, list | tuple) else []
    return [name for plugin in written for name, home in homes.items() if home.startswith(plugin)]


def _import(modules: tuple[str, ...], where: str) -> None:
    for module in modules:
        try:
            importlib.import_module(module)
        except ImportError as error:
            raise ConfigError(
                f'{where}: plugins: can\'t import "{module}" ({error}). Is it on the Python path?'
            ) from None
        # A plugin is the user's own program: whatever it raises is theirs to mend.
        except (Exception, SystemExit) as error:
            raise ConfigError(
                f'{where}: plugins: "{module}" fails while it is imported ({type(error).__name__}: {error}).'
            ) from None


def _check(settings: RenderSettings, where: str) -> None:
    width, height = settings.size
    least, most = SIDE_PX
    if not (least <= width <= most and least <= height <= most):
        raise ConfigError(f"{where}: size: expected {least} to {most} pixels each way, got {width} x {height}.")
    try:
        make_stack(settings)
        for name in settings.labels:
            ANNOTATORS[name]
        for name in settings.images:
            IMAGES[name]
    except ConfigError as error:
        raise ConfigError(f"{where}: {error}") from None


def _first(error: ValidationError) -> str:
    problem = error.errors()[0]
    key = ".".join(str(part) for part in problem["loc"]) or "settings"
    return f"{key}: {problem['msg']}, got {problem['input']!r}."
