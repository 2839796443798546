"""An OpenGL context without a screen: EGL where it works, else OSMesa.

PyOpenGL decides once, when it is first imported, which platform it speaks to, and a wrong guess can't be taken back in
the same process. So the ways are tried with ctypes before that import.
"""

__all__ = ["Context", "Way", "choose_platform", "open_context", "ways"]

import ctypes
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from synth.errors import RenderError
from synth.rendering.pyrender_parts import pyrender_part

PLATFORMS = ("egl", "osmesa")
MOST_DEVICES = 32
# For Mesa's software rasteriser, which reads it once, when it is first asked for anything: take two levels of a mipmap
# only where both count, as GPUs do, which saves a twentieth of the geometry pass. (rho_approx, the like for choosing
# the levels, saves as much, but changes what is seen from afar so much that the exposure follows.)
MESA_SHORTCUTS = "brilinear"
EGL_LIBRARIES = ("libEGL.so.1", "libEGL.so")
OSMESA_LIBRARIES = ("libOSMesa.so.8", "libOSMesa.so.6", "libOSMesa.so")
NEEDED_EXTENSIONS = {b"GL_ARB_texture_storage", b"GL_ARB_clip_control"}
INSTALL_HINT = "On Debian or Ubuntu: apt-get install libegl1 libgl1-mesa-dri libosmesa6"


@dataclass(frozen=True, slots=True)
class Way:
    """One way to a context: its name as PYOPENGL_PLATFORM knows it, and why it can't be gone, or None."""

    platform: str
    error: str | None


def ways() -> tuple[Way, ...]:
    """Every way to OpenGL without a screen, in the order of preference, tried."""
    _ask_for_shortcuts()
    return tuple(_ways())


def _ways() -> Iterator[Way]:
    device = _first_egl_device()
    yield Way("egl", device if isinstance(device, str) else None)
    yield Way("osmesa", _osmesa_error())


def choose_platform() -> str:
    """The way to go, egl or osmesa; `PYOPENGL_PLATFORM`, where the user has set it, is believed.

    Raises:
        RenderError: there is none on this machine; the message says what was tried and what to install.
    """
    _ask_for_shortcuts()
    chosen = os.environ.get("PYOPENGL_PLATFORM")
    if chosen is None:
        errors = []
        for way in _ways():
            if way.error is None:
                return way.platform
            errors.append(way.error)
        raise RenderError(f"No OpenGL to render with: {'; '.join(errors)}. {INSTALL_HINT}")
    if chosen not in PLATFORMS:
        raise RenderError(f'PYOPENGL_PLATFORM is "{chosen}". Unset it, or set it to {" or ".join(PLATFORMS)}.')
    return chosen


def _ask_for_shortcuts() -> None:
    """Before anything that asks Mesa, a look at its devices included: else this process's frames are other bytes."""
    os.environ.setdefault("GALLIVM_PERF", MESA_SHORTCUTS)


def _load(names: tuple[str, ...]) -> Any:
    for name in names:
        try:
            return ctypes.CDLL(name)
        except OSError:
            continue
    return None


def _osmesa_error() -> str | None:
    library = _load(OSMESA_LIBRARIES)
    if library is None:
        return "libOSMesa.so is not installed"
    # Without this function only OpenGL 2 is to be had, and the shaders need 3.3.
    return None if hasattr(library, "OSMesaCreateContextAttribs") else "libOSMesa.so is older than Mesa 12"


def _first_egl_device() -> int | str:
    """The number of the first device that can be initialised, or why there is none.

    The first of all may be a GPU whose driver or whose rights are missing, with Mesa's software device behind it.
    """
    library = _load(EGL_LIBRARIES)
    if library is None:
        return "libEGL.so.1 is not installed"
    library.eglGetProcAddress.restype = ctypes.c_void_p
    library.eglGetProcAddress.argtypes = [ctypes.c_char_p]
    query, display = (library.eglGetProcAddress(n) for n in (b"eglQueryDevicesEXT", b"eglGetPlatformDisplayEXT"))
    if not query or not display:
        return "libEGL.so.1 can't list devices (EGL_EXT_device_enumeration is missing)"
    devices, count = (ctypes.c_void_p * MOST_DEVICES)(), ctypes.c_int()
    prototype = ctypes.CFUNCTYPE(ctypes.c_uint, ctypes.c_int, ctypes.c_void_p, ctypes.POINTER(ctypes.c_int))
    found = prototype(query)(MOST_DEVICES, ctypes.cast(devices, ctypes.c_void_p), ctypes.byref(count))
    if not found or not count.value:
        return "EGL finds no device, not even a software one (is libgl1-mesa-dri installed?)"
    get_display = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_uint, ctypes.c_void_p, ctypes.c_void_p)(display)
    library.eglInitialize.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p]
    platform_device_ext = 0x313F
    for number in range(count.value):
        if library.eglInitialize(get_display(platform_device_ext, devices[number], None), None, None):
            return number
    return f"none of EGL's {count.value} devices can be initialised (no access to /dev/dri?)"


class Context:
    """A current OpenGL context of this process. GL contexts don't survive a fork: spawn, then create."""

    def __init__(self, platform: Any) -> None:
        from OpenGL import GL  # noqa: PLC0415 - reads PYOPENGL_PLATFORM, which open_context has just set

        self._platform = platform
        renderer, version = (GL.glGetString(name).decode() for name in (GL.GL_RENDERER, GL.GL_VERSION))
        known = {GL.glGetStringi(GL.GL_EXTENSIONS, i) for i in range(GL.glGetIntegerv(GL.GL_NUM_EXTENSIONS))}
        if missing := NEEDED_EXTENSIONS - known:
            names = ", ".join(sorted(name.decode() for name in missing))
            raise RenderError(f"{renderer}, OpenGL {version} lacks {names}. OpenGL 4.5 has all; Mesa 20 or newer does.")
        self.description = f"{renderer}, OpenGL {version}, {os.environ['PYOPENGL_PLATFORM']}"
        if (shortcuts := os.environ["GALLIVM_PERF"]) != MESA_SHORTCUTS:
            # Other bytes: whoever goes on with a data set is told.
            self.description += f", GALLIVM_PERF={shortcuts}"

    def make_current(self) -> None:
        self._platform.make_current()

    def close(self) -> None:
        """Delete the context. The EGL display stays: pyrender would end it for every other context of the process."""
        display, context = (getattr(self._platform, name, None) for name in ("_egl_display", "_egl_context"))
        if display is None:
            self._platform.delete_context()
            return
        from OpenGL import EGL  # noqa: PLC0415

        EGL.eglMakeCurrent(display, EGL.EGL_NO_SURFACE, EGL.EGL_NO_SURFACE, EGL.EGL_NO_CONTEXT)
        EGL.eglDestroyContext(display, context)
        # Else pyrender ends the display after all, when the platform is collected.
        self._platform._egl_display = None


def open_context() -> Context:
    """Make a context current and turn PyOpenGL's slow checks off.

    Raises:
        RenderError: as `choose_platform`, or the way that was chosen doesn't lead to a context.
    """
    name = os.environ["PYOPENGL_PLATFORM"] = choose_platform()
    if (loaded := _loaded_platform()) not in (None, name):
        raise RenderError(f'PYOPENGL_PLATFORM is "{name}", and this process has begun with {loaded}. Start it anew.')
    try:
        platform = _pyrender_platform(name)
        platform.init_context()
        platform.make_current()
    # Whatever a broken driver raises (assertions in pyrender, ctypes and GL errors), the user has to mend the driver.
    except Exception as error:
        raise RenderError(
            f"OpenGL by {name} doesn't start ({type(error).__name__}: {error}). {INSTALL_HINT}"
        ) from error
    # One check of glGetError a call is most of the Python time of a frame. OpenGL.ERROR_CHECKING = False, the
    # documented switch, breaks the import of OpenGL.EGL; this one is read later.
    import OpenGL._configflags  # noqa: PLC0415

    OpenGL._configflags.ERROR_CHECKING = False
    return Context(platform)


def _loaded_platform() -> str | None:
    """What PyOpenGL was imported for, if it was."""
    loaded = sys.modules.get("OpenGL.platform")
    return type(loaded.PLATFORM).__name__.removesuffix("Platform").lower() if loaded else None


def _pyrender_platform(name: str) -> Any:
    """pyrender's context for a platform; the pixels go to framebuffers of our own, so its size doesn't matter."""
    if name == "egl":
        egl, device = pyrender_part("platforms.egl"), _first_egl_device()
        return egl.EGLPlatform(16, 16, device=egl.get_device_by_index(device) if isinstance(device, int) else None)
    return pyrender_part("platforms.osmesa").OSMesaPlatform(16, 16)
