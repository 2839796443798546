"""What the template imports before workers are copies of it: all that they need, OpenGL's functions with it.

PyOpenGL decides for a platform when it is imported. Which one works is seen by opening it, and what a driver starts
then doesn't survive a fork: so a process of its own looks, while this one imports the rest.
"""

__all__: list[str] = []

import os
import signal
from contextlib import suppress
from importlib import import_module
from select import select

from synth.errors import RenderError
from synth.rendering.gl import choose_platform
from synth.rendering.pyrender_parts import pyrender_part

# A driver that takes longer may hang: the parent waits for it, where Ctrl-C ends it, and workers import by themselves.
PATIENCE_S = 10.0


def _look_aside() -> tuple[int, int]:
    """Begin to; a process, and a pipe on which the platform's name will come from it, or nothing."""
    reader, writer = os.pipe()
    pid = os.fork()
    if not pid:
        # Where there is none, the parent tells.
        with suppress(RenderError):
            os.write(writer, choose_platform().encode())
        os._exit(0)
    os.close(writer)
    return pid, reader


def _import_opengl(pid: int, reader: int) -> None:
    ready, _, _ = select([reader], [], [], PATIENCE_S)
    platform = os.read(reader, 64).decode() if ready else ""
    os.close(reader)
    if not ready:
        os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    if platform:
        os.environ["PYOPENGL_PLATFORM"] = platform
        pyrender_part(f"platforms.{platform}")
        import_module("synth.rendering.passes")


_looking = _look_aside()
import_module("synth.engine.worker")
# What our modules name as `scipy.ndimage.label`, and which is imported when first asked for.
for _name in ("scipy.ndimage", "scipy.sparse", "scipy.spatial.distance"):
    import_module(_name)
_import_opengl(*_looking)
