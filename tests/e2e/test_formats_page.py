"""The programs of docs/formats.md, as they stand there, on a small set."""

import re
from pathlib import Path

import pytest

from synth.formats.layout import Layout
from synth.formats.writing import write_shards
from synth.write.atomic import write_json
from tests.made_records import CATEGORIES, made_record

PAGE = Path(__file__).parents[2] / "docs" / "formats.md"
PROGRAMS = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.split()[1])
def test_a_program_of_the_page_runs(program, tmp_path, monkeypatch):
    pytest.importorskip(program.split()[1].partition(".")[0], reason="the library isn't installed")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HF_HOME", str(tmp_path / "cache"))
    for folder, name in (("data/tars", "webdataset"), ("data/table", "parquet")):
        Path(folder).mkdir(parents=True)
        manifest = write_shards(map(made_record, range(3)), CATEGORIES, Path(folder), Layout(name))
        write_json(Path(folder, "manifest.json"), manifest)
    exec(compile(program, PAGE.name, "exec"), {})
