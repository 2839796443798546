"""Trials in processes of their own: what a broken driver or library does there, it doesn't do to us."""

__all__ = ["Trial", "run_trial"]

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

# PyTorch takes a minute from a slow disk.
TIMEOUT_S = 120
LAST_WORDS = 160


@dataclass(frozen=True, slots=True)
class Trial:
    """How it went: what was seen, or the error; the other is None."""

    seen: object
    error: str | None


def run_trial(
    arguments: Sequence[str], environment: Mapping[str, str] | None = None, timeout_s: float = TIMEOUT_S
) -> Trial:
    """Run Python with arguments; the last line it prints is JSON with `seen` or `error`.

    Args:
        environment: Beside this process's own.
    """
    try:
        ended = subprocess.run(
            [sys.executable, *arguments],
            env={**os.environ, **(environment or {})},
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout_s,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Trial(None, f"no answer within {timeout_s:.0f} s")
    except OSError as error:
        return Trial(None, f"can't be started ({error.strerror})")
    try:
        told = json.loads(ended.stdout.splitlines()[-1])
        return Trial(told.get("seen"), told.get("error"))
    except (IndexError, ValueError, AttributeError):
        return Trial(None, _ending(ended.returncode, ended.stderr))


def _ending(code: int, stderr: str) -> str:
    lines = [line for line in stderr.splitlines() if line.strip()]
    last = f": {lines[-1].strip()[:LAST_WORDS]}" if lines else ""
    if code >= 0:
        return f"ended with {code}{last}"
    try:
        return f"crashed ({signal.Signals(-code).name}){last}"
    except ValueError:
        return f"crashed ({code}){last}"
