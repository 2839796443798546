"""`python -m synth.doctor.trial WHAT`: try one thing in a process of its own, for a driver may end it.

What came out is the last line printed: JSON with `seen`, or with `error`.
"""

__all__: list[str] = []

import json
import os
import sys
import time
from pathlib import Path

from synth.errors import RenderError, SynthError


def _context() -> str:
    from synth.rendering.gl import open_context, ways  # noqa: PLC0415 - what may end the process, and only that

    # A way that was chosen by name is gone without looking, and its errors are less clear.
    missing = next((way.error for way in ways() if way.platform == os.environ["PYOPENGL_PLATFORM"]), None)
    if missing:
        raise RenderError(missing)
    return open_context().description


def _frame() -> str:
    from synth.engine.commands import plan_of  # noqa: PLC0415 - as above
    from synth.engine.shards import FrameMaker  # noqa: PLC0415
    from synth.shipped import shipped_assets  # noqa: PLC0415

    start = time.perf_counter()
    plan = plan_of(n=1, out=Path("unused"), assets=shipped_assets(), config=None, overrides={"size": (64, 64)})
    with FrameMaker(plan) as maker:
        labels = len(maker.sample(0).annotations)
    return f"a frame with {labels} labels in {time.perf_counter() - start:.1f} s, start included"


def _main(what: str) -> None:
    try:
        told = {"seen": {"context": _context, "frame": _frame}[what]()}
    except (SynthError, OSError) as error:
        told = {"error": " ".join(str(error).split())}
    print(json.dumps(told))  # noqa: T201 - what the parent reads


if __name__ == "__main__":
    _main(sys.argv[1])
