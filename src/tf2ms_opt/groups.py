"""Which files of a run change together: a function that gains parameters, or converts its step, and its callers.

It is told by what the files say to each other, and knows nothing of how they are written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol, TypeVar

from tf2ms_opt.neighbours import NOBODY, Neighbours, Taker


class _Named(Protocol):
    @property
    def path(self) -> str: ...


Item = TypeVar("Item", bound=_Named)


def groups(said: Mapping[str, Neighbours]) -> dict[str, tuple[str, ...]]:
    """Path -> the files that change together with it, itself among them; absent for one that changes by itself.

    They are in the order in which they are to be written: a function before its callers, as far as there is an order.
    A call that does not pass what its function wants ends in an error; one that passes more than that might not.
    """
    needs = {path: sorted(_functions_of(path, said)) for path in sorted(said)}
    ordered = _in_order(needs)
    members: dict[str, set[str]] = {}
    for path, others in needs.items():
        together = {path, *others}.union(*(members.get(one, ()) for one in (path, *others)))
        members |= dict.fromkeys(together, together)
    return {
        path: tuple(one for one in ordered if one in together)
        for path, together in members.items() if len(together) > 1
    }  # fmt: skip


def in_batches(items: Sequence[Item], together: Mapping[str, Sequence[str]]) -> list[tuple[Item, ...]]:
    """For each item in turn what is to be done there: itself, or all of its group where it is the first of that."""
    known = {item.path: item for item in items if item.path in together}
    batches: list[tuple[Item, ...]] = []
    done: set[str] = set()
    for item in items:
        group = [path for path in together.get(item.path, ()) if path in known]
        batches.append(() if item.path in done else tuple(known[path] for path in group) if group else (item,))
        done.update(group)
    return batches


def _functions_of(path: str, said: Mapping[str, Neighbours]) -> Iterator[str]:
    """The files with functions that change together with calls in the file ``path``."""
    own = said[path]
    for gain in own.gains:
        yield gain.path
    for _, taker in own.takers:
        if _is_converted(taker, said.get(taker.path, NOBODY)):
            yield taker.path


def _is_converted(taker: Taker, there: Neighbours) -> bool:
    """Whether the step that ``taker`` takes is converted, for all of its callers."""
    if taker.left or taker.unknown:
        return False
    return any((one.function, one.parameter) == (taker.function, taker.optimizer.name) for one in there.received)


def _in_order(needs: Mapping[str, Sequence[str]]) -> list[str]:
    """All paths, each behind those that it needs, where these do not need it themselves."""
    found: dict[str, None] = {}
    seen: set[str] = set()
    for first in needs:
        pending = [(first, False)]
        while pending:
            path, ready = pending.pop()
            if ready:
                found.setdefault(path)
            elif path not in seen:
                seen.add(path)
                pending.append((path, True))
                pending += ((one, False) for one in reversed(needs.get(path, ())))
    return list(found)
