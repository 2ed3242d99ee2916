"""What the attributes of a schedule's class are: its ``__init__``, which runs once and is not compiled."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from tf2ms_opt.plan.custom.bodies import behind_docstring
from tf2ms_opt.plan.custom.calls import call
from tf2ms_opt.plan.custom.expressions import Expressions, Known, Place, plain
from tf2ms_opt.plan.custom.kinds import NUMBER, OPAQUE, Kind, Rewriting, ScheduleLeftError, Value, joined
from tf2ms_opt.plan.custom.layout import drop_annotations
from tf2ms_opt.trace.scopes import FunctionNode

_SCHEDULE = Value(Kind.SCHEDULE)


@dataclass(slots=True)
class Members:
    """Goes over ``__init__`` statement by statement, and learns the attributes."""

    rewriting: Rewriting
    generation: str
    #: converts an expression that builds a schedule of its own; whether it is one
    schedule: Callable[[ast.expr], bool]
    attributes: dict[str, Value] = field(default_factory=dict)
    _found: Expressions = field(init=False)
    _built: bool = False

    def run(self, method: FunctionNode, owner: ast.ClassDef, parameters: Mapping[str, Value]) -> None:
        """Convert ``method``.  Raises ``ScheduleLeftError``."""
        own = (*method.args.posonlyargs, *method.args.args)[0].arg
        names: dict[str, Known] = dict(parameters)
        self._found = Expressions(
            self.rewriting, Place(own, self.attributes, names, self.generation, call, compiled=False)
        )
        if method.decorator_list:
            raise ScheduleLeftError("a decorator is around __init__", method)
        drop_annotations(self.rewriting, method)
        early = next((one for one in method.body if self._sets(one)), None)
        for statement in method.body:
            if _is_super(statement, owner.name, own, method.args.kwarg):
                if early is not None and self._starts(early) < self._starts(statement):
                    raise ScheduleLeftError(
                        "super().__init__() stands behind attributes, and a Cell of MindSpore has none before it; "
                        "move it to the top", statement,
                    )  # fmt: skip
                self._built = True
                continue
            self._statement(statement)
        if not self._built:
            self._build(method)

    def _starts(self, statement: ast.stmt) -> int:
        return self.rewriting.module.source.start(statement)

    def _build(self, method: FunctionNode) -> None:
        """``super().__init__()``, which a Cell has to call before it has attributes."""
        source, first = self.rewriting.module.source, behind_docstring(method)
        at = source.line_start(source.start(first))
        indent = source.data[at : source.start(first)]
        if indent.strip():
            raise ScheduleLeftError("the body of __init__ shares the line of its head", method)
        self.rewriting.insert(at, f"{indent.decode()}super().__init__(){source.newline(at)}")

    def _statement(self, statement: ast.stmt) -> None:
        match statement:
            case ast.Assign(targets=targets, value=value) if all(map(self._is_target, targets)):
                given = self._value(value)
                for target in targets:
                    self._bind(target, given)
            case ast.AnnAssign(target=target, value=ast.expr() as value) if self._is_target(target):
                if not plain(self.rewriting.module, statement.annotation):
                    raise ScheduleLeftError("an annotation names a type of TensorFlow", statement)
                self._bind(target, self._value(value))
            case ast.If(test=test):
                self._kept(test, statement)
                before, locals_before = dict(self.attributes), dict(self._found.place.locals)
                for one in statement.body:
                    self._statement(one)
                first, locals_first = dict(self.attributes), dict(self._found.place.locals)
                self._restore(before, locals_before)
                for one in statement.orelse:
                    self._statement(one)
                self._join(first, locals_first)
            case ast.Expr() | ast.Assert() | ast.Raise() | ast.Pass():
                self._kept(statement, statement)
            case _:
                self._kept(statement, statement)
                if self._sets(statement):
                    raise ScheduleLeftError("an attribute is set in a way that the tool does not follow", statement)
                for node in ast.walk(statement):
                    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                        self._found.place.locals[node.id] = OPAQUE

    def _is_target(self, node: ast.expr) -> bool:
        return isinstance(node, ast.Name) or self._attribute(node) is not None

    def _attribute(self, node: ast.AST) -> str | None:
        """The name of an attribute of the object itself."""
        match node:
            case ast.Attribute(value=ast.Name(id=own), attr=name) if own == self._found.place.own:
                return name
            case _:
                return None

    def _sets(self, statement: ast.stmt) -> bool:
        return any(
            self._attribute(node) is not None and isinstance(getattr(node, "ctx", None), ast.Store)
            for node in ast.walk(statement)
        )

    def _bind(self, target: ast.expr, value: Value) -> None:
        name = self._attribute(target)
        if name is not None:
            self.attributes[name] = value
        elif isinstance(target, ast.Name):
            self._found.place.locals[target.id] = value

    def _restore(self, attributes: Mapping[str, Value], names: Mapping[str, Known]) -> None:
        self.attributes.clear()
        self.attributes.update(attributes)
        self._found.place.locals = dict(names)

    def _join(self, attributes: Mapping[str, Value], names: Mapping[str, Known]) -> None:
        """What holds behind both branches."""
        for mine, other in ((self.attributes, attributes), (self._found.place.locals, names)):
            for name in mine.keys() | other.keys():
                one, two = mine.get(name, OPAQUE), other.get(name, OPAQUE)
                both = joined(one, two) if isinstance(one, Value) and isinstance(two, Value) else None
                mine[name] = both or OPAQUE

    def _value(self, node: ast.expr) -> Value:
        """What is assigned; an object that no rate is calculated with may be anything that is not TensorFlow's."""
        if self.schedule(node):
            return _SCHEDULE
        if isinstance(node, (ast.Attribute, ast.Subscript)) and plain(self.rewriting.module, node):
            known = self._attribute(node)
            return self.attributes.get(known, OPAQUE) if known is not None else NUMBER
        before = len(self.rewriting.splices)
        try:
            return self._found.of(node)
        except ScheduleLeftError:
            if not plain(self.rewriting.module, node):
                raise
            del self.rewriting.splices[before:]
            return OPAQUE

    def _kept(self, node: ast.AST, statement: ast.stmt) -> None:
        """A statement stays as it is, and has nothing of TensorFlow in it."""
        module = self.rewriting.module
        for one in ast.walk(node):
            if isinstance(one, (ast.Name, ast.Attribute)) and module.framework_name(one):
                raise ScheduleLeftError(
                    f"{module.text(one)[:40]} has no counterpart that the tool knows here", statement
                )


def _is_super(statement: ast.stmt, owner: str, own: str, rest: ast.arg | None) -> bool:
    """Whether it is ``super().__init__()``; what else may be given to it, ``**kwargs``, is empty in Keras as well."""
    call = statement.value if isinstance(statement, ast.Expr) else None
    match call:
        case ast.Call(
            func=ast.Attribute(value=ast.Call(func=ast.Name(id="super"), args=given, keywords=[]), attr="__init__"),
            args=[],
            keywords=keywords,
        ):
            names = [one.id if isinstance(one, ast.Name) else "" for one in given]
            empty = all(one.arg is None and rest is not None and _names(one.value, rest.arg) for one in keywords)
            return names in ([], [owner, own]) and empty
        case _:
            return False


def _names(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def schedule_parameters(method: FunctionNode, bodies: Sequence[FunctionNode]) -> frozenset[str]:
    """The parameters of ``__init__`` that are called as schedules, by their own name or as an attribute."""
    names = {one.arg for one in (*method.args.posonlyargs, *method.args.args, *method.args.kwonlyargs)}
    called = {
        node.func.attr
        for body in bodies for node in ast.walk(body)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name)
    }  # fmt: skip
    kept = {
        node.value.id
        for node in ast.walk(method)
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Name)
        and any(isinstance(one, ast.Attribute) and one.attr in called for one in node.targets)
    }  # fmt: skip
    return frozenset(names & kept)
