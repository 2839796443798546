"""From a `Scene` to a `Frame`. Only this package talks to OpenGL."""
