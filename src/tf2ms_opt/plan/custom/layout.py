"""Edits of a schedule's class that are about lines and not about values: scopes, annotations, decorators."""

from __future__ import annotations

import ast

from tf2ms_opt.facts import Splice
from tf2ms_opt.plan.custom.kinds import Rewriting, ScheduleLeftError
from tf2ms_opt.trace.scopes import FunctionNode


def dedent(rewriting: Rewriting, statement: ast.With) -> None:
    """``with ...:`` goes, and its block moves to where it stood.  Raises ``ScheduleLeftError``."""
    source = rewriting.module.source
    start, first = source.start(statement), statement.body[0]
    head = source.line_end(source.end(statement.items[-1].optional_vars or statement.items[-1].context_expr))
    outer, inner = source.indentation(start), source.indentation(source.start(first))
    if source.line_of(source.start(first)) <= source.line_of(head - 1) or not inner.startswith(outer):
        raise ScheduleLeftError("the block of the scope is not on lines of its own", statement)
    if b"#" in source.data[start:head]:
        raise ScheduleLeftError("a comment stands beside the scope that goes", statement)
    if any(
        isinstance(node, (ast.Constant, ast.JoinedStr)) and node.lineno != node.end_lineno
        for one in statement.body for node in ast.walk(one)
    ):  # fmt: skip
        raise ScheduleLeftError("a string of several lines stands in the block of the scope", statement)
    edited = [(one.start, one.end) for one in rewriting.splices]
    rewriting.splices.append(Splice(source.line_start(start), head, ()))
    at, end = head, source.end(statement)
    while at < end:
        stop = at + len(inner.encode())
        inside = any(one < at < other for one, other in edited)
        if source.data[at:stop] == inner.encode() and not inside:
            rewriting.splices.append(Splice(at + len(outer.encode()), stop, ()))
        at = source.line_end(at)


def drop_annotations(rewriting: Rewriting, function: FunctionNode) -> None:
    """Annotations that name types of TensorFlow go.  Raises ``ScheduleLeftError``."""
    module, source = rewriting.module, rewriting.module.source
    for one in (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs):
        if one.annotation is not None and _of_framework(rewriting, one.annotation):
            rewriting.replace(source.start(one) + len(one.arg.encode()), source.end(one.annotation), "")
            rewriting.gone.append(one.annotation)
    returns = function.returns
    if returns is not None and _of_framework(rewriting, returns):
        before = source.data[source.start(function) : source.start(returns)]
        at = before.rindex(b"->")
        if before[at + 2 :].strip():
            raise ScheduleLeftError(f"the annotation {module.text(returns)} stands in brackets", function)
        rewriting.replace(source.start(function) + len(before[:at].rstrip()), source.end(returns), "")
        rewriting.gone.append(returns)


def _of_framework(rewriting: Rewriting, annotation: ast.expr) -> bool:
    nodes = [one for one in ast.walk(annotation) if isinstance(one, (ast.Name, ast.Attribute))]
    return any(rewriting.module.framework_name(one) for one in nodes)


def drop_decorator(rewriting: Rewriting, decorator: ast.expr) -> None:
    """A decorator that says something to TensorFlow alone goes, with its line.  Raises ``ScheduleLeftError``."""
    source = rewriting.module.source
    start, end = source.line_start(source.start(decorator)), source.line_end(source.end(decorator))
    line = source.data[start:end].strip()
    if b"#" in line or line != b"@" + source.data[source.start(decorator) : source.end(decorator)]:
        raise ScheduleLeftError("a decorator shares its line with something else", decorator)
    rewriting.splices.append(Splice(start, end, ()))
    rewriting.gone.append(decorator)
