"""The settings as a whole render.toml: each key with its value, and above it what its class's docstring says of it."""

__all__ = ["render_toml"]

from synth.config import RenderSettings, make_stack
from synth.presets import preset_names
from synth.toml_text import comment, keys_of, table

HEAD = """
Every setting of synth render, with its value. Keep in render.toml what you change: what isn't said there is the
default. Two numbers in brackets are a range, [least, greatest], that frames draw from; a share is a part of 1.
""".strip()
PRESET = 'For a start other than the default, preset = "NAME" as a first line: {names}. Your own keys lie over it.'


def render_toml(settings: RenderSettings) -> str:
    """A render.toml that says everything and reads back as the same settings.

    A setting that may be None is `false` where it is: TOML has no word for it.
    """
    lines = [*comment(HEAD), "#", *comment(PRESET.format(names=", ".join(preset_names())))]
    lines += keys_of(settings, skip=("policy", "tables"))
    for name, part in {"policy": settings.policy, **make_stack(settings)}.items():
        lines += table(name, part)
    return "\n".join(lines) + "\n"
