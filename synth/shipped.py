"""The assets that come with the package."""

__all__ = ["shipped_assets"]

from pathlib import Path


def shipped_assets() -> Path:
    """The folder with the shipped catalogue: inside the installed package, or at the top of a checkout."""
    package = Path(__file__).parent
    installed = package / "_assets"
    return installed if installed.is_dir() else package.parent / "assets"
