"""Before a run: which learning rates a file takes from other files, where they are schedules or no numbers at all."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from tf2ms_opt.neighbours import NoNumber
from tf2ms_opt.offers import Lent
from tf2ms_opt.project.files import Files

_CALL = "()"


def is_parameter(name: str) -> bool:
    """Whether ``name`` is a parameter of a function: ``build(rate)``."""
    return name.endswith(")") and not name.endswith(_CALL)


def values(files: Files, importer: str, names: Collection[str]) -> tuple[tuple[str, NoNumber], ...]:
    """Those of ``names`` that give no number to ``importer``, and what they give."""
    found = ((name, given(files, importer, name)) for name in sorted(names) if not is_parameter(name))
    return tuple((name, one) for name, one in found if one is not None)


def given(files: Files, importer: str, name: str) -> NoNumber | None:
    """What ``name`` gives to ``importer``, where that is no number."""
    pending, seen = [(importer, name)], set[tuple[str, str]]()
    found: list[tuple[bool, str]] = []
    while pending:
        asked = pending.pop()
        if asked in seen:
            continue
        seen.add(asked)
        for file, one in _lent(files, *asked):
            if one.line:
                found.append((not one.schedule, files.place(file, one.line)))
            pending += [(file, further) for further in one.via]
    if not found:
        return None
    other, place = min(found)
    return NoNumber(place, schedule=not other)


def _lent(files: Files, importer: str, name: str) -> Iterator[tuple[str, Lent]]:
    """What ``name`` may be in ``importer``; of an object's attribute, what its class or those above have."""
    own = files.offer(importer)
    if name in own.lent:
        yield importer, own.lent[name]
        return
    call = _CALL if name.endswith(_CALL) else ""
    for file, key in files.definitions(importer, name.removesuffix(_CALL)):
        known = files.offer(file).lent
        owner, _, attribute = key.rpartition(".")
        if key + call in known:
            yield file, known[key + call]
        else:
            for above in files.offer(file).above.get(owner, ()):
                yield from _lent(files, file, f"{above}.{attribute}{call}")
