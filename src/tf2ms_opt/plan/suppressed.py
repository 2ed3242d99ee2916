"""What the comments of a module keep from being changed, and changes that would lose a comment."""

from __future__ import annotations

import ast
from bisect import bisect_left
from collections.abc import Iterable
from operator import itemgetter

from tf2ms_opt.comments import comments_of
from tf2ms_opt.facts import CallRewrite, Keep, Splice
from tf2ms_opt.plan.found import Found
from tf2ms_opt.plan.schedules import Schedule
from tf2ms_opt.plan.step.calls import StepLeftError
from tf2ms_opt.source import SourceText
from tf2ms_opt.suppressions import Ignore, Suppressions, suppressions_of
from tf2ms_opt.trace.module import Module


def suppressions(module: Module) -> Suppressions:
    """What the comments of the module say."""
    return suppressions_of(module.source, module.rules)


def keeping(module: Module, place: Found | Schedule) -> frozenset[Ignore]:
    """The comments for which a site or a schedule stays as it is."""
    node = place.call if isinstance(place, Schedule) else place.node
    rule = place.candidate.rule if isinstance(place, Schedule) else place.rule
    return module.cached(suppressions).keeping(module.position(node)[0], rule.name if rule is not None else None)


def untouched(module: Module, splices: Iterable[Splice]) -> Ignore | None:
    """The comment that keeps a line which one of ``splices`` would change."""
    return module.cached(suppressions).in_the_way(module.source, splices)


def keep_lines(module: Module, splices: Iterable[Splice], node: ast.expr, kept_by: set[Ignore]) -> None:
    """Leave the step at ``node`` where a comment keeps a line of it, and note which.  Raises ``StepLeftError``."""
    if blocked := untouched(module, splices):
        kept_by.add(blocked)
        place = (one for one in module.index.moments if isinstance(one, ast.stmt) and one.lineno == blocked.first)
        raise StepLeftError("`# tf2ms: ignore` keeps that line as it is", next(place, node))


def lost_comment(module: Module, splices: Iterable[Splice], others: Iterable[Splice] = ()) -> int | None:
    """The line of a comment that ``splices`` would lose; ``others`` are made with them."""
    wanted = tuple(splices)
    commented = [one for one in wanted if b"#" in module.source.data[one.start : one.end]]
    kept = [
        (part.start, part.end)
        for splice in ((*wanted, *others) if commented else ())
        for part in splice.parts if isinstance(part, (Keep, CallRewrite))
    ]  # fmt: skip
    for splice in commented:
        written = "".join(part for part in splice.parts if isinstance(part, str))
        comments = module.cached(_comments)
        inside = slice(*(bisect_left(comments, end, key=itemgetter(0)) for end in (splice.start, splice.end)))
        for offset, text in comments[inside]:
            if text not in written and not any(start <= offset < end for start, end in kept):
                return module.source.line_of(offset)
    return None


def lose_nothing(module: Module, splices: Iterable[Splice], others: Iterable[Splice], node: ast.expr) -> None:
    """Leave the step at ``node`` where it would lose a comment.  Raises ``StepLeftError``."""
    if (line := lost_comment(module, splices, others)) is not None:
        raise StepLeftError("a comment stands in the expression that is written anew", _around(module, line) or node)


def _comments(module: Module) -> list[tuple[int, str]]:
    """The comments of the module with their offsets, in their order."""
    source = module.source
    return sorted(
        (source.line_starts[one.line - 1] + len(_line(source, one.line)[: one.column - 1].encode()), one.text)
        for one in comments_of(source).all
    )


def _around(module: Module, line: int) -> ast.stmt | None:
    """The innermost statement that the line is part of."""
    every = (one for one in module.index.moments if isinstance(one, ast.stmt))
    around = (one for one in every if one.lineno <= line <= (one.end_lineno or one.lineno))
    return max(around, key=lambda one: one.lineno, default=None)


def _line(source: SourceText, line: int) -> str:
    start = source.line_starts[line - 1]
    return source.data[start : source.line_end(start)].decode()
