"""The site of the documents: built strictly, with a page of every setting that the code has."""

import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from synth.config import RenderSettings, make_stack
from train.settings import TrainSettings

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    pytest.importorskip("material", reason="the extra `docs` isn't installed")
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)]
    built = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    return folder


def test_every_setting_has_its_line(site):
    page = (site / "settings/index.html").read_text(encoding="utf-8")
    shown = set(re.findall(r"<code>(\w+)</code></td>", page))
    tables = make_stack(RenderSettings()).values()
    wanted = {*RenderSettings.model_fields, *TrainSettings.model_fields} - {"policy", "tables", "augment", "sampling"}
    assert wanted | {field.name for table in tables for field in fields(table)} <= shown


def test_every_page_is_in_the_menu(site):
    menu = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    assert not [page.name for page in (ROOT / "docs").glob("*.md") if f": {page.name}" not in menu]


def test_nothing_is_fetched_from_elsewhere(site):
    """A page's own links lead anywhere; what a browser loads by itself is here."""
    loaded = r'<(?:script|img|link rel="(?:stylesheet|preconnect)")[^>]*(?:src|href)="(https?:[^"]*)"'
    assert not re.findall(loaded, (site / "index.html").read_text(encoding="utf-8"))
