"""The command that brings an extra to this installation: it is printed, and must work where it is pasted."""

__all__ = ["DISTRIBUTION", "install_line"]

import json
import shlex
import sys
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

DISTRIBUTION = "synth-detector"
# Both keep an environment for each program, hidden and without pip, and leave a file there that names them.
KEEPERS = {"pipx_metadata.json": "pipx install --force", "uv-receipt.toml": "uv tool install --force"}


def install_line(extra: str) -> str:
    """What to type for `extra`, with the program that installed this, from where that took it.

    Source: PEP 610, direct_url.json.
    """
    origin = _origin()
    keeper = next((line for name, line in KEEPERS.items() if (Path(sys.prefix) / name).is_file()), None)
    editable = "-e " if keeper is None and origin.get("dir_info", {}).get("editable") else ""
    return f"{keeper or 'pip install'} {editable}{shlex.quote(_requirement(origin, extra))}"


def _origin() -> dict[str, Any]:
    try:
        text = distribution(DISTRIBUTION).read_text("direct_url.json")
    except PackageNotFoundError:
        text = None
    return json.loads(text) if text else {}


def _requirement(origin: dict[str, Any], extra: str) -> str:
    url = str(origin.get("url", ""))
    if url.startswith("file:"):
        return f"{url2pathname(urlsplit(url).path)}[{extra}]"
    vcs = origin.get("vcs_info", {}).get("vcs")
    return f"{DISTRIBUTION}[{extra}]" + (f" @ {vcs + '+' if vcs else ''}{url}" if url else "")
