"""Progress bars: over the files of a long run, and over what other processes do.

It only counts; whether there is a terminal to draw on is the caller's question.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from rich.console import Console

T = TypeVar("T")


def track(items: Iterable[T], total: int, console: Console) -> Iterator[T]:
    """``items``, with a bar below everything else that is printed; it is gone at the end."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn  # noqa: PLC0415 -- long runs only

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("files", total=total)
        for item in items:
            yield item
            progress.advance(task)


@contextmanager
def counting(what: str, total: int, console: Callable[[], Console] | None) -> Iterator[Callable[[], None]]:
    """A function to call once for each of ``total`` things; it moves a bar where there is a console for one."""
    if console is None:
        yield lambda: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn  # noqa: PLC0415 -- terminals only

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console(), transient=True) as progress:
        task = progress.add_task(what, total=total)
        yield lambda: progress.advance(task)
