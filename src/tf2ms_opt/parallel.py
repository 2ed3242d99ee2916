"""Several processes for one run: each works on files of its own, and the results come in the order of the files."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from concurrent.futures import Future

Item = TypeVar("Item")
Result = TypeVar("Result")
_BATCH = 16  # files that go to a process at once: fewer cost more in between, more leave a process idle at the end
_EACH = 4  # batches that a process gets at least, where there are not so many files
_FEW = 8  # files that are done before other processes would be
_AHEAD = 4  # batches a process that may be under way: what is waiting to be taken is in memory

#: what this process does with an item; set once in each process that a run starts, and never in the program's own
_work: Callable[[Any], Any] | None = None


def in_order(work: Callable[[Item], Result], items: Sequence[Item], jobs: int) -> Iterator[Result]:
    """``work`` of every item, in their order, by ``jobs`` processes; ``work`` has to be picklable if there are several.

    No more than a few batches are under way at a time, so memory does not grow with the number of items.
    """
    if jobs <= 1 or len(items) <= _FEW:
        yield from map(work, items)
        return
    from concurrent.futures import ProcessPoolExecutor  # noqa: PLC0415 -- most runs have one process

    batch = max(min(_BATCH, len(items) // (jobs * _EACH)), 1)
    processes = min(jobs, -(-len(items) // batch))
    pool = ProcessPoolExecutor(processes, initializer=_begin, initargs=(work,))
    waiting: deque[Future[list[Any]]] = deque()
    try:
        for start in range(0, len(items), batch):
            waiting.append(pool.submit(_batch, items[start : start + batch]))
            if len(waiting) > _AHEAD * jobs:
                yield from waiting.popleft().result()
        while waiting:
            yield from waiting.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)


def _begin(work: Callable[[Any], Any]) -> None:
    global _work  # noqa: PLW0603 -- a process of the pool has no other place for what it is started with
    _work = work


def _batch(items: Sequence[Any]) -> list[Any]:
    if _work is None:
        raise RuntimeError("this process was not started for a run")
    return [_work(item) for item in items]
