"""The statements of a schedule's methods, as MindSpore compiles them."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from tf2ms_opt.plan.custom.calls import below_tensorflow, call
from tf2ms_opt.plan.custom.expressions import Expressions, Known, Place
from tf2ms_opt.plan.custom.kinds import FLOAT32, NUMBER, OPAQUE, Kind, Rewriting, ScheduleLeftError, Value, joined
from tf2ms_opt.plan.custom.layout import dedent, drop_annotations
from tf2ms_opt.trace.scopes import FunctionNode


@dataclass(slots=True)
class _Frame:
    """One function while it is gone over."""

    found: Expressions
    #: a branch on the step is around the statement
    branches: int = 0
    #: a branch on the step has been passed: results have to have one shape on all ways
    split: bool = False
    results: list[Value] = field(default_factory=list)
    #: it is ``__call__`` itself
    outermost: bool = False


class Bodies:
    """Goes over the methods of one class that a rate is calculated in."""

    def __init__(
        self,
        rewriting: Rewriting,
        attributes: Mapping[str, Value],
        methods: Mapping[str, FunctionNode],
        generation: str,
    ) -> None:
        self._rewriting = rewriting
        self._attributes = attributes
        self._methods = methods
        self._generation = generation
        self._known: dict[ast.AST, tuple[tuple[Value, ...], Value]] = {}
        self._step = ""
        self._raw: list[ast.expr] = []

    def construct(self, method: FunctionNode) -> None:
        """``__call__`` becomes ``construct``.  Raises ``ScheduleLeftError``."""
        own, self._step = self._parameters(method)
        frame = self._frame(own, {self._step: Value(Kind.STEP, stepped=True)})
        frame.outermost = True
        drop_annotations(self._rewriting, method)
        self._block(frame, method.body)
        if not frame.results:
            raise ScheduleLeftError("it returns nothing", method)
        for value in frame.results:
            if value.kind is not Kind.FLOAT:
                raise ScheduleLeftError("it returns something else than a rate", method)
        for node in ast.walk(method):
            if not isinstance(node, (ast.FunctionDef, ast.Lambda)) or node is method:
                continue
            if node not in self._rewriting.followed:
                raise ScheduleLeftError("a function in it is never called there", node)
        if self._raw:
            self._cast_first(method)

    def _parameters(self, method: FunctionNode) -> tuple[str, str]:
        given = method.args
        names = [*given.posonlyargs, *given.args]
        if len(names) != 2 or given.vararg or given.kwarg or given.kwonlyargs or given.defaults:  # noqa: PLR2004
            raise ScheduleLeftError("it takes more than the step", method)
        if isinstance(method, ast.AsyncFunctionDef):
            raise ScheduleLeftError("it is a coroutine", method)
        return names[0].arg, names[1].arg

    def _frame(self, own: str, names: Mapping[str, Value], outer: Place | None = None) -> _Frame:
        found = {**(outer.locals if outer is not None else {}), **names}
        place = Place(
            own, self._attributes, found, self._generation, call, self._methods, self._function, raw=self._raw
        )
        return _Frame(Expressions(self._rewriting, place))

    def _cast_first(self, method: FunctionNode) -> None:
        """The step becomes a float32 in the first line, as the code below it takes it."""
        rewriting, step = self._rewriting, self._step
        source = rewriting.module.source
        first = behind_docstring(method)
        at = source.line_start(source.start(first))
        if source.data[at : source.start(first)].strip():
            raise ScheduleLeftError("its body shares the line of its head", method)
        text = f"{step} = {rewriting.operator('cast')}({step}, {rewriting.imported(FLOAT32)})"
        rewriting.insert(at, source.indentation(source.start(first)) + text + source.newline(at), rank=-5)

    # ------------------------------------------------------------------ functions

    def _function(self, found: Expressions, function: FunctionNode | ast.Lambda, node: ast.Call) -> Value:
        """What a call of a function of the class gives; the function is converted once, for one kind of arguments."""
        given = function.args
        names = [one.arg for one in (*given.posonlyargs, *given.args)]
        method = isinstance(node.func, ast.Attribute)
        own = names[0] if method and names else found.place.own
        names = names[1:] if method else names
        odd = given.vararg or given.kwarg or given.kwonlyargs or given.defaults or node.keywords
        if odd or len(names) != len(node.args) or any(isinstance(one, ast.Starred) for one in node.args):
            raise ScheduleLeftError(f"{found.text(node.func)} has parameters that the tool does not follow", function)
        values = tuple(self._argument(found, one) for one in node.args)
        if function in self._known:
            seen, result = self._known[function]
            if seen != values:
                raise ScheduleLeftError(f"{found.text(node.func)} is called for numbers and for tensors", node)
            return result
        outer = None if method else found.place
        frame = self._frame(own, dict(zip(names, values, strict=True)), outer)
        self._known[function] = (values, NUMBER)
        self._rewriting.followed.add(function)
        if isinstance(function, ast.Lambda):
            frame.results.append(frame.found.of(function.body))
        else:
            if function.decorator_list:
                raise ScheduleLeftError("a decorator is around a function of the class", function)
            drop_annotations(self._rewriting, function)
            self._block(frame, function.body)
        if not frame.results:
            raise ScheduleLeftError("it returns nothing", function)
        result = frame.results[0]
        for other in frame.results[1:]:
            both = joined(result, other)
            if both is None:
                raise ScheduleLeftError("it returns a number or a tensor", function)
            result = both
        self._known[function] = (values, result)
        return result

    @staticmethod
    def _argument(found: Expressions, node: ast.expr) -> Value:
        value = found.of(node)
        found.note_raw(node, value)
        if value.kind is not Kind.STEP:
            return value
        return replace(value, kind=Kind.FLOAT if found.place.generation == "legacy" else Kind.WHOLE)

    # ------------------------------------------------------------------ statements

    def _block(self, frame: _Frame, statements: Sequence[ast.stmt]) -> None:
        for statement in statements:
            self._statement(frame, statement)

    def _statement(self, frame: _Frame, statement: ast.stmt) -> None:
        found = frame.found
        match statement:
            case ast.Expr(value=ast.Constant()) | ast.Pass():
                pass
            case ast.Return(value=ast.expr() as value):
                frame.results.append(self._bound(frame, value, shaped=frame.split, result=True))
            case ast.Assign() | ast.AnnAssign() | ast.AugAssign():
                self._assignment(frame, statement)
            case ast.FunctionDef():
                found.place.locals[statement.name] = statement
            case ast.If():
                self._branch(frame, statement)
            case ast.With():
                self._scope(frame, statement)
            case ast.Assert(test=test):
                found.number(test)
            case ast.Raise() if not frame.split:
                self._without_tensorflow(found, statement)
            case _:
                text = found.module.text(statement).split("\n")[0][:40]
                raise ScheduleLeftError(f"`{text}` cannot be compiled with an optimizer", statement)

    def _assignment(self, frame: _Frame, statement: ast.Assign | ast.AnnAssign | ast.AugAssign) -> None:
        found, shaped = frame.found, bool(frame.branches)
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Lambda() as function):
                found.place.locals[name] = function
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                found.place.locals[name] = self._bound(frame, value, shaped=shaped)
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                self._without_tensorflow(found, statement.annotation)
                found.place.locals[name] = self._bound(frame, value, shaped=shaped)
            case ast.Assign(targets=[ast.Tuple(elts=names)], value=ast.Tuple(elts=values)) if len(names) == len(
                values
            ) and all(isinstance(one, ast.Name) for one in names):
                given = [self._bound(frame, each, shaped=shaped) for each in values]
                found.place.locals |= {found.module.text(each): value for each, value in zip(names, given, strict=True)}
            case ast.AugAssign(target=ast.Name(id=name) as old, op=op, value=value):
                read: ast.expr = ast.copy_location(ast.Name(name, ast.Load()), old)
                result = found.of(ast.copy_location(ast.BinOp(read, op, value), statement))
                if shaped and not result.stepped:
                    raise ScheduleLeftError(f"{name} has another shape behind the branch", statement)
                found.place.locals[name] = result
            case _:
                target = statement.targets[0] if isinstance(statement, ast.Assign) else statement.target
                raise ScheduleLeftError(
                    f"{found.text(target)} is set at every step, and what MindSpore compiles keeps nothing", statement
                )

    def _bound(self, frame: _Frame, node: ast.expr, *, shaped: bool, result: bool = False) -> Value:
        """The value of ``node``; where other ways give one with the step's shape, in that shape."""
        found = frame.found
        value = found.of(node)
        if result:
            found.note_raw(node, value)
        as_tensor = result and frame.outermost and value.kind is Kind.NUMBER
        if value.stepped or not (shaped or as_tensor):
            return value
        step = found.place.locals.get(self._step)
        known = isinstance(step, Value) and step.stepped and step.tensor
        if value.kind not in (Kind.NUMBER, Kind.FLOAT) or not known:
            raise ScheduleLeftError(f"{found.text(node)} has another shape than the step", node)
        self._raw.append(node)
        rewriting, source = self._rewriting, self._rewriting.module.source
        if value.kind is Kind.NUMBER:
            rewriting.insert(source.start(node), f"{rewriting.operator('full_like')}({self._step}, ", rank=3)
            rewriting.insert(source.end(node), f", dtype={rewriting.imported(FLOAT32)})", rank=-4)
        else:
            rewriting.insert(source.start(node), f"{rewriting.operator('zeros_like')}({self._step}) + (", rank=3)
            rewriting.insert(source.end(node), ")", rank=-4)
        return Value(Kind.FLOAT, stepped=True)

    @staticmethod
    def _without_tensorflow(found: Expressions, place: ast.stmt | ast.expr) -> None:
        for node in ast.walk(place):
            if isinstance(node, (ast.Name, ast.Attribute)) and below_tensorflow(found, node):
                raise ScheduleLeftError(f"{found.text(node)} has no counterpart that the tool knows", node)

    def _branch(self, frame: _Frame, statement: ast.If) -> None:
        """A branch on a number is decided while MindSpore compiles; one on the step needs one type on both ways."""
        found = frame.found
        test = found.of(statement.test)
        if test.kind not in (Kind.NUMBER, Kind.TRUTH):
            raise ScheduleLeftError(f"{found.text(statement.test)} is nothing to decide by", statement)
        on_step = test.kind is Kind.TRUTH
        frame.branches += on_step
        frame.split |= on_step
        before = dict(found.place.locals)
        self._block(frame, statement.body)
        first, found.place.locals = found.place.locals, before
        self._block(frame, statement.orelse)
        second = found.place.locals
        frame.branches -= on_step
        if _leaves(statement.body):
            return
        found.place.locals = first if _leaves(statement.orelse) else _either(first, second)

    def _scope(self, frame: _Frame, statement: ast.With) -> None:
        """``with tf.name_scope(...)`` goes, and its block moves to where it stood."""
        found = frame.found
        for item in statement.items:
            expression = item.context_expr
            name = below_tensorflow(found, expression.func) if isinstance(expression, ast.Call) else None
            if name not in ("name_scope", "compat.v1.name_scope"):
                raise ScheduleLeftError(f"{found.text(expression)} is around the calculation", statement)
            self._rewriting.gone.append(expression)
            if isinstance(item.optional_vars, ast.Name):
                found.place.locals[item.optional_vars.id] = Value(Kind.LABEL)
        self._block(frame, statement.body)
        dedent(self._rewriting, statement)


def _either(first: Mapping[str, Known], second: Mapping[str, Known]) -> dict[str, Known]:
    """What names are behind two ways; one that is not the same kind of thing on both is nothing to calculate with."""
    both: dict[str, Known] = {}
    for name in first.keys() | second.keys():
        one, other = first.get(name, OPAQUE), second.get(name, OPAQUE)
        if isinstance(one, Value) and isinstance(other, Value):
            both[name] = joined(one, other) or OPAQUE
        else:
            both[name] = one if one is other else OPAQUE
    return both


def _leaves(statements: Sequence[ast.stmt]) -> bool:
    return bool(statements) and isinstance(statements[-1], (ast.Return, ast.Raise))


def behind_docstring(method: FunctionNode) -> ast.stmt:
    """The first statement of ``method`` that does something."""
    first = method.body[0]
    documented = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and len(method.body) > 1
    return method.body[1] if documented else first
