"""Which system this is, and which line installs OpenGL on it."""

__all__ = ["System", "this_system"]

import os
import platform
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

# By the ids of /etc/os-release. Tried on Debian; the others are by their distributions' lists of packages.
INSTALL = {
    "debian": "apt-get install -y --no-install-recommends libegl1 libgl1 libgl1-mesa-dri",
    "fedora": "dnf install -y mesa-libEGL mesa-libGL mesa-dri-drivers",
    "arch": "pacman -S --needed mesa",
    "suse": "zypper install -y Mesa-libEGL1 Mesa-libGL1 Mesa-dri",
    "alpine": "apk add mesa-egl mesa-gl mesa-dri-gallium",
}
FAMILIES = {"ubuntu": "debian", "rhel": "fedora", "centos": "fedora", "opensuse": "suse", "sles": "suse"}
ELSEWHERE = {
    "darwin": (
        "macOS has OpenGL 4.1 and neither EGL nor OSMesa: rendering needs Linux. Run it in Docker (docs/install.md) "
        "and train on its data here. synth was never tried on macOS"
    ),
    "win32": (
        "Windows has neither EGL nor OSMesa: rendering needs Linux. Run it in WSL 2 (wsl --install), which is "
        "an Ubuntu. synth was never tried on Windows"
    ),
}


@dataclass(frozen=True, slots=True)
class System:
    """Where this runs.

    Attributes:
        name: "Debian GNU/Linux 12, in Docker".
        platform: As `sys.platform` says it.
        family: A key of `INSTALL`; empty where it isn't known.
        in_docker: Whether it is a container.
        in_colab: Whether it is a Colab notebook.
    """

    name: str
    platform: str
    family: str
    in_docker: bool
    in_colab: bool

    @property
    def opengl_line(self) -> str:
        """What to do where no way leads to OpenGL."""
        if self.platform in ELSEWHERE:
            return ELSEWHERE[self.platform]
        if not self.family:
            return "Install Mesa's EGL with its software driver (libEGL.so.1 and the DRI drivers)"
        line = INSTALL[self.family]
        if self.in_colab:
            return f"In a cell: !{line}"
        if self.in_docker:
            update = "apt-get update && " if self.family == "debian" else ""
            gpu = "docker run --gpus all -e NVIDIA_DRIVER_CAPABILITIES=all"
            return f"In the Dockerfile: RUN {update}{line}. For an NVIDIA GPU: {gpu}"
        return f"{'' if _is_root() else 'sudo '}{line}"


def this_system(root: Path = Path("/")) -> System:
    """Look at the files that tell.

    Args:
        root: Of the file system.
    """
    release = _os_release(root / "etc/os-release")
    told = [release.get("ID", ""), *release.get("ID_LIKE", "").split()]
    family = next((known for word in told if (known := FAMILIES.get(word, word)) in INSTALL), "")
    in_docker = (root / ".dockerenv").exists() or (root / "run/.containerenv").exists()
    in_colab = find_spec("google") is not None and find_spec("google.colab") is not None
    name = release.get("PRETTY_NAME") or f"{platform.system()} {platform.release()}"
    # Colab is a container itself.
    places = {
        "Colab": in_colab,
        "a container": in_docker and not in_colab,
        "WSL": "microsoft" in platform.release().lower(),
    }
    within = "".join(f", in {place}" for place, there in places.items() if there)
    return System(f"{name}{within}, {platform.machine()}", sys.platform, family, in_docker, in_colab)


def _os_release(path: Path) -> dict[str, str]:
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return {}
    pairs = (line.partition("=") for line in lines if "=" in line)
    return {key: value.strip("\"'") for key, _, value in pairs}


def _is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0
