"""Shader programs: compiled from `shaders/`, with a clear error, and uniforms that must exist."""

__all__ = ["Program", "compile_program"]

from functools import cache
from importlib import resources
from typing import Any

import numpy as np
from numpy.typing import NDArray
from OpenGL import GL


class Program:
    """A linked program and the places of its uniforms."""

    def __init__(self, vertex: str, fragment: str, name: str) -> None:
        shaders = [_compile(GL.GL_VERTEX_SHADER, vertex, name), _compile(GL.GL_FRAGMENT_SHADER, fragment, name)]
        self._program = GL.glCreateProgram()
        for shader in shaders:
            GL.glAttachShader(self._program, shader)
        GL.glLinkProgram(self._program)
        if not GL.glGetProgramiv(self._program, GL.GL_LINK_STATUS):
            raise RuntimeError(f"{name}: {_text(GL.glGetProgramInfoLog(self._program))}")
        for shader in shaders:
            # Attached it would be kept as long as the program: of the lighting's, 0.8 MB.
            GL.glDetachShader(self._program, shader)
            GL.glDeleteShader(shader)
        self._places: dict[str, int] = {}

    def use(self) -> None:
        GL.glUseProgram(self._program)

    def place(self, uniform: str) -> int:
        """A uniform's location; -1, which GL ignores, for one that the compiler found unused."""
        if uniform not in self._places:
            self._places[uniform] = GL.glGetUniformLocation(self._program, uniform)
        return self._places[uniform]

    def set_int(self, uniform: str, value: int) -> None:
        GL.glUniform1i(self.place(uniform), value)

    def set_float(self, uniform: str, value: float) -> None:
        GL.glUniform1f(self.place(uniform), value)

    def set_vectors(self, uniform: str, values: NDArray[np.floating[Any]]) -> None:
        """Set a vec2, vec3 or vec4 from (k,), or an array of them from (N, k)."""
        rows = np.ascontiguousarray(np.atleast_2d(values), np.float32)
        setter = {2: GL.glUniform2fv, 3: GL.glUniform3fv, 4: GL.glUniform4fv}[rows.shape[1]]
        setter(self.place(uniform), len(rows), rows)

    def set_matrix(self, uniform: str, matrix: NDArray[np.float64]) -> None:
        """Set a mat3 or mat4 from (3, 3) or (4, 4), rows first."""
        setter = {3: GL.glUniformMatrix3fv, 4: GL.glUniformMatrix4fv}[len(matrix)]
        setter(self.place(uniform), 1, GL.GL_TRUE, np.ascontiguousarray(matrix, np.float32))


def compile_program(vertex: str, fragment: str, *, common: bool = False, defines: tuple[str, ...] = ()) -> Program:
    """Compile two files of `shaders/`.

    Args:
        vertex, fragment: File names.
        common: Put `common.glsl`, with an instance's uniforms, before both.
        defines: Variants switched on.
    """
    head = "#version 330 core\n"
    head += "".join(f"#define {define}\n" for define in defines)
    if common:
        head += _read("common.glsl")
    return Program(head + _read(vertex), head + _read(fragment), f"{vertex}+{fragment} {' '.join(defines)}")


@cache
def _read(name: str) -> str:
    return resources.files("synth.rendering").joinpath("shaders", name).read_text(encoding="utf-8")


def _compile(kind: int, source: str, name: str) -> int:
    shader: int = GL.glCreateShader(kind)
    GL.glShaderSource(shader, source)
    GL.glCompileShader(shader)
    if not GL.glGetShaderiv(shader, GL.GL_COMPILE_STATUS):
        raise RuntimeError(f"{name}: {_text(GL.glGetShaderInfoLog(shader))}")
    return shader


def _text(log: bytes | str) -> str:
    return log.decode() if isinstance(log, bytes) else log
