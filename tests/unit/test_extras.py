"""The command that is printed for a missing extra works where it is pasted: PEP 610 says where this came from."""

import json
import sys

import pytest

from synth import extras


@pytest.fixture
def installed_from(monkeypatch, tmp_path):
    """Make it an installation by pip, or by the program that left a file, of what direct_url.json says."""

    def pretend(origin, keeper=None):
        class Installed:
            def read_text(self, name):
                return None if origin is None else json.dumps(origin)

        monkeypatch.setattr(extras, "distribution", lambda name: Installed())
        monkeypatch.setattr(sys, "prefix", str(tmp_path))
        if keeper:
            (tmp_path / keeper).touch()

    return pretend


@pytest.mark.parametrize(
    ("origin", "line"),
    [
        (None, "pip install 'synth-detector[ray]'"),
        ({"url": "file:///home/ann/synth", "dir_info": {}}, "pip install '/home/ann/synth[ray]'"),
        ({"url": "file:///my%20code", "dir_info": {"editable": True}}, "pip install -e '/my code[ray]'"),
        ({"url": "file:///a/synth-1.whl", "archive_info": {}}, "pip install '/a/synth-1.whl[ray]'"),
        ({"url": "https://a.b/s.whl", "archive_info": {}}, "pip install 'synth-detector[ray] @ https://a.b/s.whl'"),
        (
            {"url": "https://a.b/s.git", "vcs_info": {"vcs": "git", "commit_id": "7"}},
            "pip install 'synth-detector[ray] @ git+https://a.b/s.git'",
        ),
    ],
)
def test_an_extra_comes_from_where_the_rest_came_from(installed_from, origin, line):
    installed_from(origin)
    assert extras.install_line("ray") == line


@pytest.mark.parametrize(
    ("keeper", "program"),
    [("pipx_metadata.json", "pipx install --force"), ("uv-receipt.toml", "uv tool install --force")],
)
def test_an_extra_comes_by_the_program_that_keeps_the_environment(installed_from, keeper, program):
    installed_from({"url": "file:///src", "dir_info": {}}, keeper)
    assert extras.install_line("ray") == f"{program} '/src[ray]'"
