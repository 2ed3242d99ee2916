"""A class of the file on Keras' ``LearningRateSchedule`` becomes one on MindSpore's, whole or not at all."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from tf2ms_opt.facts import Splice
from tf2ms_opt.plan.custom.bodies import Bodies
from tf2ms_opt.plan.custom.kinds import OPAQUE, Kind, Rewriting, ScheduleLeftError, Value
from tf2ms_opt.plan.custom.layout import drop_decorator
from tf2ms_opt.plan.custom.members import Members, schedule_parameters
from tf2ms_opt.plan.imports import NN, Aliases
from tf2ms_opt.trace.module import Module
from tf2ms_opt.trace.scopes import FunctionNode

_STORED = {"get_config", "from_config"}
_REGISTERED = {"register_keras_serializable", "register_serializable"}


@dataclass(frozen=True, slots=True)
class ConvertedClass:
    """What the class becomes."""

    node: ast.ClassDef
    splices: tuple[Splice, ...]
    needs: frozenset[str]
    gone: tuple[ast.expr, ...]
    #: parameters that take a schedule
    schedules: frozenset[str]


def is_own_schedule(module: Module, node: ast.ClassDef) -> bool:
    """Whether ``node`` derives from the base class of Keras' schedules itself."""
    return any(module.keras_path(base) == module.rules.schedule.base for base in node.bases)


def instances(module: Module, node: ast.ClassDef) -> tuple[tuple[ast.Call, ...], tuple[ast.expr, ...]]:
    """The calls of the class in this file, and every other mention of it outside of itself."""
    calls: list[ast.Call] = []
    others: list[ast.expr] = []
    inside = set(ast.walk(node))
    for _, use in module.index.uses.get(node.name, ()):
        if use in inside or not any(one.node is node for one in module.origins(use)):
            continue
        parent = module.index.parents[use]
        if isinstance(parent, ast.Call) and parent.func is use:
            calls.append(parent)
        else:
            others.append(use)
    return tuple(calls), tuple(others)


def convert_class(
    module: Module, names: Aliases, generation: str, node: ast.ClassDef, schedule: Callable[[ast.expr], bool]
) -> ConvertedClass:
    """The class ``node`` on MindSpore's base class; ``schedule`` converts an expression that builds a schedule.

    Raises ``ScheduleLeftError``.
    """
    rewriting = Rewriting(module, names)
    methods = _methods(node)
    _head(rewriting, node)
    step = methods.get("__call__")
    if step is None:
        raise ScheduleLeftError("it has no __call__", node)
    helpers = {name: one for name, one in methods.items() if name not in ("__init__", "__call__", *_STORED)}
    init = methods.get("__init__")
    bodies = [step, *helpers.values()]
    taken = schedule_parameters(init, bodies) if init is not None else frozenset()
    members = Members(rewriting, generation, schedule)
    for name, value in _constants(module, node):
        members.attributes[name] = value
    if init is not None:
        members.run(init, node, _parameters(module, node, init, taken))
    _check_names(module, node, members.attributes, methods)
    for name, one in helpers.items():
        _check_helper(module, name, one, step, helpers)
    converter = Bodies(rewriting, members.attributes, helpers, generation)
    converter.construct(step)
    _renamed(rewriting, step)
    return ConvertedClass(
        node, tuple(rewriting.splices), frozenset(rewriting.needs | {NN}), tuple(rewriting.gone), taken
    )


def _methods(node: ast.ClassDef) -> dict[str, FunctionNode]:
    found: dict[str, FunctionNode] = {}
    for one in node.body:
        match one:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                found[one.name] = one
            case ast.Expr(value=ast.Constant()) | ast.Pass() | ast.Assign() | ast.AnnAssign():
                pass
            case _:
                raise ScheduleLeftError("a class may hold more than methods and values, and this one does", one)
    return found


def _head(rewriting: Rewriting, node: ast.ClassDef) -> None:
    module = rewriting.module
    if len(node.bases) != 1 or node.keywords:
        raise ScheduleLeftError("it has another base class beside Keras' own", node)
    for decorator in node.decorator_list:
        named = decorator.func if isinstance(decorator, ast.Call) else decorator
        name = (module.framework_name(named) or "").rpartition(".")[2]
        if name not in _REGISTERED:
            raise ScheduleLeftError(f"the decorator {module.text(decorator)[:40]} is around it", decorator)
        drop_decorator(rewriting, decorator)
    base = node.bases[0]
    rewriting.callee(base, f"{rewriting.names.nn}.learning_rate_schedule.LearningRateSchedule")


def _constants(module: Module, node: ast.ClassDef) -> Iterable[tuple[str, Value]]:
    """The values that the class itself holds."""
    for one in node.body:
        if isinstance(one, (ast.Assign, ast.AnnAssign)) and one.value is not None:
            known, value = module.constant(one.value)
            targets = one.targets if isinstance(one, ast.Assign) else [one.target]
            names = [target.id for target in targets if isinstance(target, ast.Name)]
            if not known or len(names) < len(targets):
                raise ScheduleLeftError("the class holds a value that is no constant", one)
            for name in names:
                yield name, Value(Kind.NUMBER, whole=type(value) is int)


def _parameters(
    module: Module, node: ast.ClassDef, init: FunctionNode, taken: frozenset[str]
) -> dict[str, Value]:  # fmt: skip
    """What the parameters of ``__init__`` are, as far as every call of the class tells."""
    given = init.args
    if given.vararg or given.posonlyargs:
        raise ScheduleLeftError("__init__ takes arguments that have no name", init)
    names = [one.arg for one in given.args[1:]] + [one.arg for one in given.kwonlyargs]
    defaults = dict(zip([one.arg for one in given.args[::-1]], given.defaults[::-1], strict=False))
    defaults |= {one.arg: value for one, value in zip(given.kwonlyargs, given.kw_defaults, strict=True) if value}
    calls, _ = instances(module, node)
    arguments = [arguments_of(call, [one.arg for one in given.args[1:]]) for call in calls]
    found: dict[str, Value] = {}
    for name in names:
        if name in taken:
            found[name] = Value(Kind.SCHEDULE)
            continue
        values = [one.get(name, defaults.get(name)) for one in arguments]
        whole = bool(values) and all(value is not None and _whole(module, value) for value in values)
        many = any(value is not None and _is_many(module, value) for value in values)
        found[name] = OPAQUE if many else Value(Kind.NUMBER, whole=whole)
    if given.kwarg is not None:
        found[given.kwarg.arg] = Value(Kind.OPAQUE)
    return found


def arguments_of(call: ast.Call, names: Sequence[str]) -> dict[str, ast.expr]:
    """The arguments of a call of the class, by the names of the parameters.  Raises ``ScheduleLeftError``."""
    starred = any(isinstance(one, ast.Starred) for one in call.args) or any(one.arg is None for one in call.keywords)
    if starred or len(call.args) > len(names):
        raise ScheduleLeftError("it is built with arguments that are not written out", call)
    return dict(zip(names, call.args, strict=False)) | {one.arg: one.value for one in call.keywords if one.arg}


def _is_many(module: Module, node: ast.expr) -> bool:
    """Whether ``node`` may be a sequence, which a step is compared with element by element."""
    kinds = (ast.List, ast.Tuple, ast.Set, ast.Dict, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
    values = [node, *(one.value for one in module.origins(node) if one.value is not None)]
    return any(isinstance(one, kinds) for one in values)


def _whole(module: Module, node: ast.expr) -> bool:
    """Whether ``node`` is a whole number for certain."""
    known, value = module.constant(node)
    if known:
        return type(value) is int
    called = node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else ""
    return called in ("int", "len")


def _check_names(
    module: Module, node: ast.ClassDef, attributes: Mapping[str, Value], methods: Mapping[str, FunctionNode]
) -> None:
    taken = set(module.rules.schedule.cell.names)
    for name in sorted({*attributes, *methods} & taken):
        raise ScheduleLeftError(f"{name} is the name of something that every Cell of MindSpore has; rename it", node)
    for name in attributes:
        for method, binding in module.attribute_bindings(node, name):
            if method.name != "__init__" and binding.statement is not None:
                raise ScheduleLeftError(
                    f"{name} is set outside of __init__, and what MindSpore compiles keeps its first value",
                    binding.statement,
                )


def _check_helper(
    module: Module, name: str, helper: FunctionNode, step: FunctionNode, helpers: Mapping[str, FunctionNode]
) -> None:
    """A method that no rate is calculated in stays as it is, and has nothing of TensorFlow in it."""
    reached = {
        node.attr
        for body in (step, *(one for one in helpers.values() if one is not helper)) for node in ast.walk(body)
        if isinstance(node, ast.Attribute)
    }  # fmt: skip
    if name in reached:
        return
    for node in ast.walk(helper):
        if isinstance(node, (ast.Name, ast.Attribute)) and module.framework_name(node):
            raise ScheduleLeftError(f"its method {name} uses TensorFlow too", node)


def _renamed(rewriting: Rewriting, method: FunctionNode) -> None:
    """``def __call__`` becomes ``def construct``."""
    for decorator in method.decorator_list:
        if rewriting.module.framework_name(decorator) != "tensorflow.function":
            raise ScheduleLeftError("a decorator is around __call__", decorator)
        drop_decorator(rewriting, decorator)
    source = rewriting.module.source
    start = source.start(method)
    at = start + source.data[start : source.end(method)].index(b"__call__")
    rewriting.replace(at, at + len(b"__call__"), "construct")
