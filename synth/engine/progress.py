"""How far the frames are: a bar on a terminal, silence elsewhere."""

__all__ = ["Advance", "frames_bar"]

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

Advance = Callable[[int], None]


@contextmanager
def frames_bar(console: Console, n: int) -> Iterator[Advance]:
    """Gives a function to say how many more frames are done; the bar is gone at the end."""
    if not console.is_terminal:
        yield lambda frames: None
        return
    columns = (TextColumn("rendering"), BarColumn(), MofNCompleteColumn(), _Rate(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("rendering", total=n)
        yield lambda frames: progress.advance(task, frames)


class _Rate(ProgressColumn):
    """Images a second."""

    def render(self, task: Task) -> Text:
        return Text("" if task.speed is None else f"{task.speed:.1f} images/s")
