"""Where an optimizer goes after it is built: compile, minimize, a return, a wrapper, another object.

Values are followed through names, attributes of self, conditional expressions and wrappers; nothing is judged here.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import Enum, auto

from tf2ms_opt.trace.handed import keeps_to_itself, optimizer_argument, parameter_of, taker_of
from tf2ms_opt.trace.models import has_own_compile
from tf2ms_opt.trace.module import Module
from tf2ms_opt.trace.reaching import reaching
from tf2ms_opt.trace.scopes import BindingKind, FunctionNode, Scope, dotted
from tf2ms_opt.trace.tables import taken

#: methods of an optimizer that take the variables to train
VARIABLE_METHODS = {"minimize", "apply_gradients", "compute_gradients"}
#: methods without a counterpart that tell the variables all the same
TELLING_METHODS = {"apply", "build", "get_updates"}


class UseKind(Enum):
    """What is done with the optimizer."""

    COMPILE = auto()
    CUSTOM_COMPILE = auto()
    STEP = auto()  # minimize, apply_gradients, compute_gradients
    RETURN = auto()
    WRAPPED = auto()
    ATTRIBUTE = auto()
    PASSED = auto()
    HANDED = auto()  # to a function of another file that is known to train with it
    CONTAINER = auto()
    DEFAULT = auto()
    STORED = auto()
    READ = auto()  # printed, compared, tested
    OTHER = auto()


@dataclass(frozen=True, slots=True)
class Use:
    """One use: ``node`` is the expression that holds the optimizer, ``call`` the call that takes it."""

    kind: UseKind
    node: ast.expr
    call: ast.Call | None = None
    #: attribute or method name, keyword, callee, container or place, by kind
    detail: str = ""
    #: the calls by which the optimizer came into the function of this use, as its parameter
    calls: tuple[ast.Call, ...] = ()


def uses_of(module: Module, value: ast.expr) -> tuple[Use, ...]:
    """Every use of the value of the expression ``value``, in the order of the file."""
    found = _Follow(module)
    found.flow(value)
    uses = [replace(use, calls=tuple(dict.fromkeys(found.calls.get(use.node, ())))) for use in found.uses]
    return tuple(sorted(uses, key=lambda use: module.source.start(use.node)))


def uses_of_parameter(module: Module, function: FunctionNode, name: str) -> tuple[Use, ...]:
    """Every use of what ``function`` gets as its parameter ``name``, in the order of the file."""
    found = _Follow(module)
    for reader in readers_of(module, function, name):
        found.flow(reader)
    return tuple(sorted(found.uses, key=lambda use: module.source.start(use.node)))


def readers_of(module: Module, function: FunctionNode, name: str) -> list[ast.expr]:
    """The places that read the parameter ``name`` of ``function``."""
    return module.cached(_readers, name).get(function, [])


def _readers(module: Module, name: str) -> dict[ast.AST, list[ast.expr]]:
    """What is around the places that read a parameter ``name`` -> these places."""
    found: dict[ast.AST, list[ast.expr]] = {}
    for _, use in module.index.uses.get(name, ()):
        if any(one.kind is BindingKind.PARAMETER for one in module.origins(use)):
            for around in module.index.ancestors(use):
                found.setdefault(around, []).append(use)
    return found


def receivers(module: Module, uses: Iterable[Use]) -> tuple[str, ...]:
    """The functions and classes at the file's top level that get the optimizer as an argument, and use it."""
    names = [call.func.id for use in uses for call in use.calls if isinstance(call.func, ast.Name)]
    kinds = (BindingKind.FUNCTION, BindingKind.CLASS)
    top = module.index.top.bindings
    return tuple(dict.fromkeys(name for name in names if any(one.kind in kinds for one in top.get(name, ()))))


class _Follow:
    """A worklist of expressions that hold the optimizer."""

    def __init__(self, module: Module) -> None:
        self.module = module
        self.index = module.index
        self.uses: list[Use] = []
        self.seen: set[ast.AST] = set()
        #: places that read the optimizer as a parameter -> the calls that pass it
        self.calls: dict[ast.expr, list[ast.Call]] = {}

    def flow(self, start: ast.expr) -> None:
        pending = [start]
        while pending:
            node = pending.pop()
            if node not in self.seen:
                self.seen.add(node)
                found = list(self._step(node))
                for one in found if node in self.calls else ():
                    self.calls.setdefault(one, []).extend(self.calls[node])
                pending += found

    def _step(self, node: ast.expr) -> Iterator[ast.expr]:
        parent: ast.AST = self.index.parents[node]
        match parent:
            case ast.keyword():
                call = self.index.parents[parent]
                if isinstance(call, ast.Call):
                    yield from self._argument(node, call, parent.arg)
                else:
                    self._add(UseKind.OTHER, node)
            case ast.Call():
                yield from self._argument(node, parent, None)
            case ast.Attribute():
                self._attribute(node, parent)
            case ast.Assign() | ast.AnnAssign():
                targets = parent.targets if isinstance(parent, ast.Assign) else [parent.target]
                for target in targets:
                    yield from self._bound(node, target)
            case ast.Tuple() | ast.List() if (element := self._unpacked(node, parent)) is not None:
                yield from self._bound(node, element)
            case ast.NamedExpr():
                yield from self._bound(node, parent.target)
                yield parent
            case ast.IfExp() if node is not parent.test:
                yield parent
            case ast.BoolOp() | ast.Starred():
                yield parent
            case ast.Return():
                self._add(UseKind.RETURN, node)
            case ast.arguments():
                self._add(UseKind.DEFAULT, node)
            case ast.Dict() | ast.List() | ast.Tuple() | ast.Set():
                yield from self._contained(node, parent)
            case (
                ast.Expr()
                | ast.FormattedValue()
                | ast.Compare()
                | ast.UnaryOp()
                | ast.If()
                | ast.Assert()
                | ast.IfExp()
            ):
                self._add(UseKind.READ, node)
            case _:
                self._add(UseKind.OTHER, node)

    def _contained(self, node: ast.expr, holder: ast.expr) -> list[ast.expr]:
        """The places that take ``node`` out of a dictionary of optimizers."""
        table = holder if isinstance(holder, ast.Dict) and self._of_optimizers(holder) else None
        elements = taken(self.module, table, node) if table is not None and node in table.values else None
        if not elements:
            self._add(UseKind.CONTAINER, node, detail=type(holder).__name__.lower())
        return elements or []

    def _of_optimizers(self, table: ast.Dict) -> bool:
        """Whether every element is an optimizer that is built there: then any of them may be taken out."""
        calls = [value for value in table.values if isinstance(value, ast.Call)]
        built = [self.module.framework_name(call.func) for call in calls]
        return len(calls) == len(table.values) and all(name and self.module.rules.named(name) for name in built)

    def _add(self, kind: UseKind, node: ast.expr, call: ast.Call | None = None, detail: str = "") -> None:
        self.uses.append(Use(kind, node, call, detail))

    def _argument(self, node: ast.expr, call: ast.Call, keyword: str | None) -> Iterator[ast.expr]:
        name = _last_name(call.func)
        if name == "compile" and isinstance(call.func, ast.Attribute):
            if optimizer_argument(call) is node and not has_own_compile(self.module, call):
                self._add(UseKind.COMPILE, node, call)
            else:
                self._add(UseKind.CUSTOM_COMPILE, node, call, f"{keyword}=" if keyword else "an argument")
        elif name in self.module.rules.framework.wrappers:
            self._add(UseKind.WRAPPED, node, call, self.module.text(call.func))
            yield call
        elif name in ("print", "str", "repr", "type", "isinstance", "format", "id", "hasattr", "callable"):
            self._add(UseKind.READ, node)
        elif taker_of(self.module, call, node) is not None:
            self._add(UseKind.HANDED, node, call, self.module.text(call.func))
        elif (taken := self._parameter(call, node)) is not None:
            for reader in taken:
                self.calls.setdefault(reader, []).append(call)
            yield from taken
        else:
            self._add(UseKind.PASSED, node, call, self.module.text(call.func))

    def _parameter(self, call: ast.Call, value: ast.expr) -> list[ast.expr] | None:
        """The places that read the parameter which gets ``value``, where it is stepped, or kept by an object for that.

        None for any other function.
        """
        found = parameter_of(self.module, call, value)
        if found is None:
            return None
        function, name = found
        readers = readers_of(self.module, function, name)
        followed = any(self._is_step(one) or self._is_compiled(one) for one in readers)
        return readers if followed or (function.name == "__init__" and any(map(self._is_kept, readers))) else None

    def _is_kept(self, use: ast.expr) -> bool:
        """Whether an object keeps it under a name of its own, by which one of its methods steps it."""
        match self.index.parents[use]:
            case ast.Assign(targets=[ast.Attribute(value=ast.Name(id=name), attr=attribute)]):
                method = self.module.method_of(self.index.scope(use))
                if method is None or not keeps_to_itself(self.module, method[0], attribute, read=True):
                    return False
                steps = self.index.uses.get(f"{name}.{attribute}", ())
                return any(self._is_step(one) or self._is_compiled(one) for _, one in steps)
        return False

    def _is_compiled(self, use: ast.expr) -> bool:
        parent: ast.AST = self.index.parents[use]
        call = self.index.parents[parent] if isinstance(parent, ast.keyword) else parent
        is_compile = isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "compile"
        return is_compile and isinstance(call, ast.Call) and optimizer_argument(call) is use

    def _attribute(self, node: ast.expr, attribute: ast.Attribute) -> None:
        call = self.index.parents[attribute]
        if attribute.attr in VARIABLE_METHODS and isinstance(call, ast.Call) and call.func is attribute:
            self._add(UseKind.STEP, node, call, attribute.attr)
        else:
            telling = isinstance(call, ast.Call) and call.func is attribute and attribute.attr in TELLING_METHODS
            self._add(UseKind.ATTRIBUTE, node, call if telling and isinstance(call, ast.Call) else None, attribute.attr)

    def _unpacked(self, node: ast.expr, parent: ast.Tuple | ast.List) -> ast.expr | None:
        """The target that gets ``node`` in ``a, b = x, y``."""
        statement = self.index.parents[parent]
        if isinstance(statement, ast.Assign) and statement.value is parent and len(statement.targets) == 1:
            target = statement.targets[0]
            if isinstance(target, (ast.Tuple, ast.List)) and len(target.elts) == len(parent.elts):
                return target.elts[parent.elts.index(node)]
        return None

    def _bound(self, node: ast.expr, target: ast.expr) -> Iterator[ast.expr]:
        """The places where a name that was bound to ``node`` is read."""
        key = dotted(target)
        if key is None:
            self._add(UseKind.STORED, node, detail=self.module.text(target))
            return
        scope = self.index.scope(target)
        if "." not in key:
            yield from self.module.readers(key, node)
            return
        before = len(self.uses)
        readers = [*self.module.readers(key, node), *self._other_methods(key, node, scope)]
        yield from readers
        if not readers and before == len(self.uses):
            self._add(UseKind.STORED, node, detail=key)

    def _other_methods(self, key: str, value: ast.expr, scope: Scope) -> Iterator[ast.expr]:
        """Reads of ``self.name`` in the other methods of the class."""
        root, _, attribute = key.partition(".")
        method = self.module.method_of(scope)
        if method is None or root != method[2]:
            return
        owner = method[0]
        if not any(binding.value is value for _, binding in self.module.attribute_bindings(owner, attribute)):
            return
        family = {owner, *self.module.relatives(owner)}
        for reader, use in self.index.uses.get(key, ()):
            other = self.module.method_of(reader)
            inside = other is not None and other[0] in family
            if inside and not reaching(self.index, reader, key, use):
                yield use
        for other_key, uses in self.index.uses.items():
            if other_key.endswith(f".{attribute}") and other_key != key:
                yield from (use for _, use in uses if self._is_step(use))

    def _is_step(self, use: ast.expr) -> bool:
        """Whether an optimizer is stepped through an object that holds it: ``trainer.optimizer.minimize(...)``."""
        parent = self.index.parents[use]
        return isinstance(parent, ast.Attribute) and parent.attr in VARIABLE_METHODS | TELLING_METHODS


def _last_name(node: ast.expr) -> str:
    match node:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
        case _:
            return ""
