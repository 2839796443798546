"""What is found out of a machine."""

__all__ = ["Finding", "Status"]

from dataclasses import dataclass
from typing import Literal

# With "fail", `synth render` can't run; with "warn", something else can't, or runs badly.
Status = Literal["ok", "warn", "fail"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        name: What it is.
        status: How it is.
        seen: What was seen.
        mend: What to do about it; empty where nothing is to be done.
    """

    name: str
    status: Status
    seen: str
    mend: str = ""
