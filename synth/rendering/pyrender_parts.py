"""Modules of pyrender without all of it.

`import pyrender` brings its viewer, with tkinter and pyglet, and its scenes, with trimesh and networkx: a third of what
a process has to import before it renders, and nothing of it is used here.
"""

__all__ = ["pyrender_part"]

import sys
from importlib import import_module
from importlib.util import find_spec, module_from_spec
from threading import Lock
from types import ModuleType

_LOCK = Lock()


def pyrender_part(name: str) -> ModuleType:
    """The module `pyrender.name`; whoever imports pyrender itself afterwards gets all of its names.

    Raises:
        ImportError: it can't be imported.
    """
    with _LOCK:
        spec = None if "pyrender" in sys.modules else find_spec("pyrender")
        if spec is None:
            return import_module(f"pyrender.{name}")
        # A package of which nothing has run yet: its modules are found by its path.
        sys.modules["pyrender"] = module_from_spec(spec)
        try:
            return import_module(f"pyrender.{name}")
        finally:
            del sys.modules["pyrender"]
