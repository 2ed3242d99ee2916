"""Functions that are given an optimizer by other files: what they train with it, and the steps that they take."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace

from tf2ms_opt.diagnostics import Finding, finding
from tf2ms_opt.neighbours import Parameter, Received, Stepped, Taker, placed
from tf2ms_opt.plan.drafts import Draft
from tf2ms_opt.plan.elsewhere import built_elsewhere
from tf2ms_opt.plan.found import Found
from tf2ms_opt.plan.parameters import Parameters, from_uses
from tf2ms_opt.plan.step.given import called, name_of
from tf2ms_opt.trace.handed import keeps_to_itself
from tf2ms_opt.trace.models import is_compiled_here
from tf2ms_opt.trace.module import Module
from tf2ms_opt.trace.scopes import BindingKind, FunctionNode, dotted
from tf2ms_opt.trace.uses import Use, readers_of, uses_of_parameter

_DEPTH = 5  # of names that keep a parameter


def taker(module: Module, path: str, name: str, argument: str | int) -> Taker:
    """What the function or class ``name`` of the file ``path`` does with the optimizer that it gets as ``argument``."""

    def unknown(why: str) -> Taker:
        parameter = Parameter(argument, None) if isinstance(argument, str) else Parameter("", argument)
        return Taker(path, name, parameter, unknown=placed(why, path))

    function = _function(module, name)
    if isinstance(function, str):
        return unknown(function)
    parameters = _parameters(module, function)
    found = next((one for one in parameters if argument in (one.name, one.position)), None)
    if found is None:
        return unknown("it has no parameter of its own for that")
    uses = _uses(module, function, found.name)
    if isinstance(uses, str):
        return unknown(uses)
    if module.freezes and (statement := module.freezes[0][1].statement) is not None:
        return unknown(f"line {module.position(statement)[0]} says that a part of a network does not train")
    told = from_uses(module, uses, module.position(function))
    if not isinstance(told, Parameters) or told.step is None:
        return unknown(told.message if isinstance(told, Finding) else "another file takes the step")
    if told.others:
        return unknown("it compiles several models with it")
    models = [_given(module, function, model) for model in told.models]
    if None in models or told.text != _sum(told.model_texts):
        return unknown(f"it trains {told.text}, which the call does not give it")
    func, line = told.step.func, _called_here(module, name, told)
    trained = tuple(one for one in models if one is not None)
    as_losses = set(called(module, function))
    losses = tuple(one for one in parameters if one.name in as_losses)
    owner = module.index.enclosing_class(function)
    maker = _constructor(owner) if owner is not None else None

    def kept(given: Iterable[Parameter]) -> tuple[str, ...]:
        return tuple(one for each in given for one in _kept(module, maker or function, each.name))

    return Taker(
        path,
        name,
        found,
        trained,
        call=f"{module.text(func)}(...)",
        line=module.position(told.step)[0],
        left=f"line {line} of {path} may call it" if line else "",
        compiles=isinstance(func, ast.Attribute) and func.attr == "compile",
        constructs="." not in name and owner is not None,
        losses=losses,
        keeps=(kept([found]), kept(trained), kept(losses)),
    )


def _called_here(module: Module, name: str, told: Parameters) -> int:
    """The line in which the file itself may call a method of this name, of an object whose class is not told; or 0."""
    _, dot, method = name.partition(".")
    models = {binding for model in told.models for binding in module.origins(model)}
    uses = [node for key, every in module.index.uses.items() if dot and key.endswith(f".{method}") for _, node in every]
    lines = [
        module.position(node)[0]
        for node in uses
        if isinstance(node, ast.Attribute)
        and models.isdisjoint(module.origins(node.value))
        and not is_compiled_here(module, node.value)
    ]
    return min(lines, default=0)


def _sum(models: Iterable[str]) -> str:
    return " + ".join(f"{model}.trainable_params()" for model in models)


def _given(module: Module, function: FunctionNode, model: ast.expr) -> Parameter | None:
    """The parameter of ``function``, or of the constructor of the object whose method it is, that ``model`` is."""
    owner = module.index.enclosing_class(function)
    for one in (function, _constructor(owner) if owner is not None else None):
        name = _behind(module, one, model) if one is not None else None
        if one is not None and name is not None:
            found = next((each for each in _parameters(module, one) if each.name == name), None)
            return replace(found, kept=one is not function) if found is not None else None
    return None


def _constructor(owner: ast.ClassDef) -> ast.FunctionDef | None:
    own = [one for one in owner.body if isinstance(one, ast.FunctionDef) and one.name == "__init__"]
    return own[0] if len(own) == 1 and not own[0].decorator_list else None


def _method(owner: ast.ClassDef, name: str) -> FunctionNode | str:
    own = [one for one in owner.body if isinstance(one, ast.FunctionDef) and one.name == name]
    return own[0] if len(own) == 1 and not own[0].decorator_list else f"the class has no plain {name}() of its own"


def _function(module: Module, name: str) -> FunctionNode | str:
    """The function ``name`` at the top of the file, the constructor for a class, a method, or why it is none."""
    first, _, method = name.partition(".")
    bindings = module.index.top.bindings.get(first, ())
    node = bindings[0].node if len(bindings) == 1 else None
    if isinstance(node, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)) and node.decorator_list:
        return "it is decorated"
    if isinstance(node, ast.ClassDef):
        return _method(node, method or "__init__")
    return node if isinstance(node, ast.FunctionDef) else "it is no function or class that is defined there once"


def _parameters(module: Module, function: FunctionNode) -> list[Parameter]:
    """The parameters that a caller gives values for, without ``self``."""
    names = [one.arg for one in (*function.args.posonlyargs, *function.args.args)]
    names = names[1:] if module.index.enclosing_class(function) is not None else names
    found = [Parameter(name, position) for position, name in enumerate(names)]
    return found + [Parameter(one.arg, None) for one in function.args.kwonlyargs]


def _uses(module: Module, function: FunctionNode, name: str) -> tuple[Use, ...] | str:
    """What is done with the parameter ``name``, or why that cannot be followed."""
    owner = module.index.enclosing_class(function)
    for reader in readers_of(module, function, name):
        target = _target(module, reader)
        attribute = (dotted(target) or "").partition(".")[2] if target is not None else ""
        if attribute and (owner is None or not keeps_to_itself(module, owner, attribute, read=True)):
            return f"{dotted(target) if target is not None else name} may be reached by other classes"
    bound = module.index.scopes[function].bindings.get(name, ())
    if any(one.kind is not BindingKind.PARAMETER for one in bound):
        return f"{name} is bound again"
    return uses_of_parameter(module, function, name)


def _kept(module: Module, function: FunctionNode, name: str) -> Iterator[str]:
    """The attributes of self in which ``function`` keeps its parameter ``name``."""
    for reader in readers_of(module, function, name):
        target = _target(module, reader)
        root, _, attribute = (dotted(target) or "").partition(".") if target is not None else ("", "", "")
        method = module.method_of(module.index.scope(reader))
        if attribute and method is not None and root == method[2]:
            yield attribute


def _target(module: Module, reader: ast.expr) -> ast.expr | None:
    """What keeps ``reader``: the target of the assignment that it is the value of."""
    match module.index.parents[reader]:
        case ast.Assign(targets=[target]) | ast.AnnAssign(target=target):
            return target
    return None


def _behind(module: Module, function: FunctionNode, model: ast.expr, depth: int = _DEPTH) -> str | None:
    """The parameter of ``function`` that ``model`` is, itself or kept by an object; None for anything else."""
    bindings = module.origins(model)
    if len(bindings) != 1 or not depth:
        return None
    (binding,) = bindings
    if binding.kind is BindingKind.PARAMETER:
        own = module.index.parents.get(module.index.parents[binding.node]) is function
        return binding.key if own else None
    attribute = (dotted(model) or "").partition(".")[2]
    method = module.method_of(module.index.scope(model))
    if attribute and (method is None or not keeps_to_itself(module, method[0], attribute, read=False)):
        return None
    return _behind(module, function, binding.value, depth - 1) if isinstance(binding.value, ast.Name) else None


def stepped(
    module: Module, done: Mapping[Found, Draft], losses: Collection[tuple[str, str]], *, converts: bool
) -> Iterator[Stepped]:
    """What became of the steps with optimizers that are received, and with the ``losses`` that are converted there.

    ``converts`` tells that training steps are converted in this run.
    """
    for site, draft in done.items():
        if draft.taken is None:
            continue
        left = [dict(one.details) for one in draft.findings if one.name == "step-left"]
        why = "" if converts else "the file is converted without its steps"
        why = f"line {left[0]['line']}: {left[0]['why']}" if left else why
        function, parameter = draft.taken
        used = sorted(each for name, each in losses if name == name_of(module, function))
        yield Stepped(site.source, parameter, why, () if why else tuple(used))


def received(module: Module, every: Iterable[Received]) -> dict[Found, Draft]:
    """The optimizers that functions of this file are given by others, as drafts without edits."""
    drafts = {}
    for one in every:
        function = _function(module, one.function)
        if isinstance(function, str):
            continue
        uses = _uses(module, function, one.parameter)
        told = from_uses(module, uses, module.position(function)) if not isinstance(uses, str) else None
        readers = readers_of(module, function, one.parameter)
        if isinstance(told, Parameters) and not isinstance(uses, str) and readers:
            site = Found(readers[0], readers[0], one.function, ())
            drafts[site] = _draft(module, one, function, uses, told)
    return drafts


def _draft(module: Module, one: Received, function: FunctionNode, uses: tuple[Use, ...], told: Parameters) -> Draft:
    note = finding("handed-over/received", *module.position(function), parameter=one.parameter, function=one.function)
    draft = built_elsewhere(module, one.handed, told.text, told.models, [told.step], uses)
    return replace(draft, findings=(note,), taken=(function, one.parameter))
