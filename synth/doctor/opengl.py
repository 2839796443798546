"""The ways to OpenGL without a screen, each tried in a process of its own, and whether a frame comes out."""

__all__ = ["look_at_opengl"]

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from synth.doctor.findings import Finding
from synth.doctor.processes import Trial, run_trial
from synth.doctor.system import System
from synth.rendering.gl import PLATFORMS

SOFTWARE = ("llvmpipe", "softpipe", "swrast")
CHOICE = "PYOPENGL_PLATFORM"
Try = Callable[[str, dict[str, str]], Trial]


def try_it(what: str, environment: dict[str, str]) -> Trial:
    return run_trial(["-m", "synth.doctor.trial", what], environment)


def look_at_opengl(system: System, attempt: Try = try_it) -> list[Finding]:
    """One finding for each way, and one for what `synth render` would do.

    Args:
        attempt: Tries "context" or "frame" with more environment variables.
    """
    with ThreadPoolExecutor() as threads:
        frame = threads.submit(attempt, "frame", {})
        contexts = dict(
            zip(PLATFORMS, threads.map(lambda way: attempt("context", {CHOICE: way}), PLATFORMS), strict=True)
        )
        rendered = frame.result()
    working = [way for way, trial in contexts.items() if trial.error is None]
    findings = [_way(way, trial, bool(working)) for way, trial in contexts.items()]
    if rendered.error is None:
        findings.append(Finding("render", "ok", str(rendered.seen)))
    else:
        findings.append(Finding("render", "fail", rendered.error, _mend(working, system)))
    return findings


def _way(way: str, trial: Trial, another_works: bool) -> Finding:
    name = {"egl": "OpenGL by EGL", "osmesa": "OpenGL by OSMesa"}[way]
    if trial.error is None:
        told = str(trial.seen)
        slow = ", drawn by the processor" if any(word in told for word in SOFTWARE) else ""
        return Finding(name, "ok", told + slow)
    # One is enough.
    if another_works:
        return Finding(name, "ok", f"{trial.error}; not needed")
    return Finding(name, "warn", trial.error)


def _mend(working: list[str], system: System) -> str:
    if not working:
        return system.opengl_line
    chosen = os.environ.get(CHOICE)
    # A way may seem to work until a frame is drawn; the last one is what wasn't chosen.
    return f"Try: unset {CHOICE}" if chosen else f"Try: export {CHOICE}={working[-1]}"
