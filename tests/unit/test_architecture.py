"""Who may import whom, read from every source file; and that `synth --help` stays instant."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import synth

ROOT = Path(synth.__file__).parents[1]
SYNTH = sorted((ROOT / "synth").rglob("*.py"))
TRAIN = sorted((ROOT / "train").rglob("*.py"))
# What `train` may know of `synth`: that which reads the disk, the user's faults, what mends them, the look of pages.
DOOR = {
    "synth.errors",
    "synth.extras",
    "synth.registry",
    "synth.dataset",
    "synth.policy",
    "synth.formats",
    "synth.labelme",
    "synth.pairs",
    "synth.photos",
    "synth.report.page",
    "synth.toml_file",
    "synth.toml_text",
    "synth.untrusted",
}
TORCH = {"torch", "torchvision", "faster_coco_eval", "matplotlib"}


def imports(path: Path) -> Iterator[tuple[str, bool]]:
    """Everything that a file imports, by its full name, and whether that is done inside a function."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    within = {
        id(node)
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        for node in ast.walk(function)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, id(node) in within) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import"
            yield from ((f"{node.module}.{alias.name}", id(node) in within) for alias in node.names)


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def belongs_to(module: str, packages: set[str]) -> bool:
    return any(module == package or module.startswith(package + ".") for package in packages)


@pytest.mark.parametrize("path", SYNTH, ids=name_of)
def test_synth_imports_no_torch(path):
    assert not [module for module, _ in imports(path) if belongs_to(module, TORCH)]


@pytest.mark.parametrize("path", SYNTH, ids=name_of)
def test_only_commands_and_the_demo_import_train_and_only_inside_a_function(path):
    found = [(module, inside) for module, inside in imports(path) if belongs_to(module, {"train"})]
    allowed = name_of(path).startswith("synth/cli/") or name_of(path).startswith("synth/demo/")
    assert not found if not allowed else all(inside for _, inside in found)


@pytest.mark.parametrize("path", TRAIN, ids=name_of)
def test_train_imports_of_synth_only_what_reads_the_disk(path):
    found = [module for module, _ in imports(path) if belongs_to(module, {"synth"})]
    # The package itself holds nothing but its version.
    assert not [module for module in found if module != "synth" and not belongs_to(module, DOOR)]


@pytest.mark.parametrize("path", SYNTH + TRAIN, ids=name_of)
def test_only_the_render_package_talks_to_opengl(path):
    found = [module for module, _ in imports(path) if belongs_to(module, {"OpenGL", "pyrender"})]
    assert not found or name_of(path).startswith("synth/rendering/")


@pytest.mark.parametrize("path", SYNTH + TRAIN, ids=name_of)
def test_no_file_has_two_ideas(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400


def loaded_after(code: str) -> set[str]:
    """Top-level packages that a fresh interpreter holds after running `code`."""
    script = f"{code}\nimport sys; print(' '.join(sorted({{name.partition('.')[0] for name in sys.modules}})))"
    return set(
        subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    )


def test_the_command_line_loads_nothing_heavy():
    heavy = {"numpy", "torch", "trimesh", "pydantic", "scipy", "PIL", "pyrender", "OpenGL", "orjson"}
    assert not loaded_after("import synth.cli") & heavy


def test_reading_data_sets_loads_neither_opengl_nor_torch():
    loaded = loaded_after("import synth.dataset, synth.policy, synth.registry, synth.labelme")
    assert not loaded & {"OpenGL", "pyrender", "torch", "trimesh"}


def test_planning_and_labelling_load_neither_opengl_nor_torch():
    loaded = loaded_after("import synth.engine.commands, synth.annotate.sample, synth.rendering.fake")
    assert not loaded & {"OpenGL", "pyrender", "torch"}
