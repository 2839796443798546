"""For mkdocs: pages that are made from the code, so that they can't say anything else than it does."""

import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files
from pydantic import BaseModel

from synth.config import RenderSettings, make_stack
from synth.docstrings import attributes_of, summary_of
from synth.toml_text import toml_value
from train.settings import TrainSettings

ROOT = Path(__file__).parents[1]
HEAD = """# Every setting

Made from the code. A file with all of them, to cut from, is printed by

```sh
synth render --print-config > render.toml
synth train --print-config > train.toml
```

Two numbers in brackets are a range that frames draw from; a share is a part of 1; a name's end says the unit (`_deg`
degrees, `_px` pixels, `_m` metres). `false` stands for a value that isn't said.
"""


def on_files(files: Files, config: Any) -> Files:
    """Add what is made of the settings, of DESIGN.md and of the README to what lies in docs/."""
    pages = {
        "settings.md": "\n".join(_settings()),
        "design.md": (ROOT / "DESIGN.md").read_text(encoding="utf-8"),
        "performance.md": "# " + _section(ROOT / "README.md", "How good, how fast"),
    }
    for name, text in pages.items():
        # A link that leads from the top into docs/ stays here; one to a file that is no page is only named.
        here = re.sub(r"\[([^\]]+)\]\((?!docs/|https?:)[^)]*\)", r"\1", text).replace("(docs/", "(")
        files.append(File.generated(config, name, content=here))
    return files


def _section(path: Path, title: str) -> str:
    """Title and text of a section, up to the next of its rank."""
    return title + path.read_text(encoding="utf-8").split(f"## {title}")[1].split("\n## ")[0]


def _settings() -> Iterator[str]:
    settings = RenderSettings()
    yield HEAD
    yield "## render.toml\n\nAt the top, before any table:\n"
    yield from _table(settings, skip=("policy", "tables"))
    for name, part in {"policy": settings.policy, **make_stack(settings)}.items():
        yield f"\n### [{name}]\n\n{summary_of(type(part))}\n"
        yield from _table(part)
    run = TrainSettings()
    groups = {name: part for name in TrainSettings.model_fields if isinstance(part := getattr(run, name), BaseModel)}
    yield "\n## train.toml\n\nAt the top, before any table:\n"
    yield from _table(run, skip=tuple(groups))
    for name, part in groups.items():
        yield f"\n### [{name}] of train.toml\n\n{summary_of(type(part))}\n"
        yield from _table(part)


def _table(part: Any, skip: tuple[str, ...] = ()) -> Iterator[str]:
    """Key, default and meaning of each field of a pydantic model or a dataclass."""
    meanings = attributes_of(type(part))
    names = list(type(part).model_fields) if isinstance(part, BaseModel) else _fields(part)
    yield "| key | default | meaning |\n|---|---|---|"
    for name in names:
        if name not in skip:
            meaning = meanings.get(name, "").replace("|", "\\|")
            yield f"| `{name}` | `{toml_value(getattr(part, name))}` | {meaning} |"


def _fields(part: Any) -> list[str]:
    return [field.name for field in fields(part)] if is_dataclass(part) else []
