"""Which parameters an optimizer trains, read from where it goes: a compile, or the variable list of a step."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TypeAlias

from tf2ms_opt.diagnostics import Finding, finding
from tf2ms_opt.neighbours import Parameter
from tf2ms_opt.plan.variables import variable_list
from tf2ms_opt.trace.handed import argument_for, constructor_of, keeps_to_itself, parameter_of, taker_of
from tf2ms_opt.trace.module import Module
from tf2ms_opt.trace.scopes import Binding, BindingKind, dotted
from tf2ms_opt.trace.uses import Use, UseKind

_VARIABLES = {"trainable_variables", "trainable_weights", "weights", "variables"}
#: parameters of functions (``ast.arg``) -> what they are
Given: TypeAlias = "Mapping[ast.AST, ast.expr]"
_NOTHING: Given = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Parameters:
    """The expression of the parameters, the models it names, and the call that told it.

    ``models`` are expressions of the source on whose values ``text`` depends.
    """

    text: str
    models: tuple[ast.expr, ...]
    use: Use
    model_texts: tuple[str, ...]
    #: the same optimizer object compiled into further models
    others: tuple[Parameters, ...] = ()

    @property
    def step(self) -> ast.Call | None:
        """The call of this file that takes the step."""
        return self.use.call if self.use.kind is not UseKind.HANDED else None


@dataclass(frozen=True, slots=True)
class Built:
    """An optimizer that a function of the file returns to ``call``: what is done with it there, and what it trains."""

    call: ast.Call
    uses: tuple[Use, ...]
    parameters: Parameters


def from_uses(module: Module, uses: Sequence[Use], place: tuple[int, int]) -> Parameters | Finding:
    """The parameters that the uses of one optimizer tell, or why they tell none."""
    compiled = [use for use in uses if use.kind is UseKind.COMPILE]
    telling = (UseKind.STEP, UseKind.ATTRIBUTE, UseKind.HANDED)
    stepped = [use for use in uses if use.kind in telling and use.call is not None]
    # What a function of another file does may be unknown, and beside the file's own steps it is only named.
    stepped = [use for use in stepped if not _is_unknown(module, use)] or stepped
    # One of them may tell the variables for the others.
    if {use.detail for use in stepped} & {"build", "compute_gradients"}:
        applied = ("apply", "apply_gradients")
        stepped = [use for use in stepped if use.detail not in applied or variable_list(module, use) is not None]
    known = [_from_step(module, use) for use in stepped]
    if compiled:
        found = _from_compile(module, compiled, place)
        steps = [one for one in known if one is not None]
        # A minimize() beside the compile may leave its variables to the model.
        if isinstance(found, Parameters) and any(one.text != found.text for one in steps):
            return _several(place, [found, *steps])
        return found
    if not stepped or any(one is None for one in known):
        untold = [use for use, one in zip(stepped, known, strict=True) if one is None]
        return _reason(module, [*untold, *(use for use in uses if use not in stepped)], place)
    steps = [one for one in known if one is not None]
    if len({one.text for one in steps}) > 1:
        return _several(place, steps)
    return _of_one_object(module, steps, place)


def _of_one_object(module: Module, steps: Sequence[Parameters], place: tuple[int, int]) -> Parameters | Finding:
    """The parameters of all ``steps``, whose text is the same: each of its names has to stand for one object."""
    first = steps[0]
    known = [frozenset(module.origins(model)) for model in first.models]
    for other in steps[1:]:
        if known != [frozenset(module.origins(model)) for model in other.models]:
            line = module.position(other.use.node)[0]
            why = f"in line {line} the name may stand for another object, and Keras' object goes on with both"
            return finding("params-unknown/outlived", *place, model=" and ".join(first.model_texts), why=why)
    return first


def _from_step(module: Module, use: Use) -> Parameters | None:
    """The parameters of one minimize or apply_gradients, if its variables are told."""
    if use.kind is UseKind.HANDED:
        return _from_taker(module, use)
    variables = variable_list(module, use)
    found = variables_text(module, variables, given=passed(module, use)) if variables is not None else None
    if found is None:
        return None
    text, models = found
    return Parameters(text, models, use, tuple(_receiver_text(module, model) or "" for model in models))


def _from_taker(module: Module, use: Use) -> Parameters | None:
    """What a function of another file trains, if the call names the models that it is given for that."""
    taker = taker_of(module, use.call, use.node)
    if use.call is None or taker is None or taker.unknown:
        return None
    models = [_argument(module, use.call, one) for one in taker.models]
    texts = [_receiver_text(module, one) if one is not None else None for one in models]
    known = [text for text in texts if text is not None]
    if len(known) < len(models):
        return None
    told = tuple(one for one in models if one is not None)
    return Parameters(" + ".join(f"{text}.trainable_params()" for text in known), told, use, tuple(known))


def _is_unknown(module: Module, use: Use) -> bool:
    taker = taker_of(module, use.call, use.node) if use.kind is UseKind.HANDED else None
    return taker is not None and bool(taker.unknown)


def _argument(module: Module, call: ast.Call, parameter: Parameter) -> ast.expr | None:
    """What ``call`` passes for ``parameter``, or the call that gave the object whose method it is."""
    holder = call.func.value if isinstance(call.func, ast.Attribute) else None
    built = constructor_of(module, holder) if parameter.kept and holder is not None else call
    return argument_for(built, parameter) if built is not None else None


def passed(module: Module, use: Use) -> Given:
    """What the parameters of the functions around ``use`` are at the calls that pass the optimizer to them.

    One that gets several values is not among them.
    """
    found: dict[ast.AST, ast.expr] = {}
    unclear: set[ast.AST] = set()
    for call in use.calls:
        for value in (*call.args, *(keyword.value for keyword in call.keywords)):
            taken = parameter_of(module, call, value)
            if taken is None:
                continue
            arguments = taken[0].args
            every = (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)
            parameter = next(one for one in every if one.arg == taken[1])
            first = found.setdefault(parameter, value)
            unclear |= {parameter} if module.text(first) != module.text(value) else set()
    return {parameter: value for parameter, value in found.items() if parameter not in unclear}


def _handed_in(module: Module, node: ast.expr, given: Given) -> ast.expr | None:
    """What the caller passed for ``node``, a parameter or an attribute of self that keeps one."""
    bindings = module.origins(node) if given else ()
    if len(bindings) != 1:
        return None
    (binding,) = bindings
    if binding.kind is BindingKind.PARAMETER:
        return given.get(binding.node)
    method = module.method_of(module.index.scope(node))
    attribute = (dotted(node) or "").partition(".")[2]
    kept = not attribute or (method is not None and keeps_to_itself(module, method[0], attribute, read=False))
    return _handed_in(module, binding.value, given) if kept and isinstance(binding.value, ast.Name) else None


def _several(place: tuple[int, int], told: Sequence[Parameters]) -> Finding:
    names = ", ".join(dict.fromkeys(name for one in told for name in one.model_texts))
    return finding("shared-optimizer", *place, models=names, why="it takes steps on several lists of variables")


def _from_compile(module: Module, compiled: Sequence[Use], place: tuple[int, int]) -> Parameters | Finding:
    told: list[Parameters] = []
    identities: list[tuple[str, frozenset[Binding]]] = []
    for use in compiled:
        receiver = use.call.func.value if use.call and isinstance(use.call.func, ast.Attribute) else use.node
        receiver = _handed_in(module, receiver, passed(module, use)) or receiver
        text = _receiver_text(module, receiver)
        if text is None:
            return finding("params-unknown/receiver", *place, receiver=module.text(receiver))
        identity = (text, frozenset(module.origins(receiver)))
        if identity not in identities:
            identities.append(identity)
            told.append(Parameters(f"{text}.trainable_params()", (receiver,), use, (text,)))
    return replace(told[0], others=tuple(told[1:]))


def _receiver_text(module: Module, receiver: ast.expr) -> str | None:
    """The receiver as an expression that can be written a second time."""
    match receiver:
        case ast.Name() | ast.Attribute() if dotted(receiver) is not None:
            return module.text(receiver)
        case ast.Subscript(value=base, slice=ast.Constant() | ast.Name()) if _receiver_text(module, base):
            return module.text(receiver)
        case ast.Call(func=ast.Name(id="super")):
            method = module.method_of(module.index.scope(receiver))
            return method[2] if method is not None else None
        case _:
            return None


def variables_text(
    module: Module, node: ast.expr, depth: int = 4, given: Given = _NOTHING
) -> tuple[str, tuple[ast.expr, ...]] | None:
    """``X.trainable_variables`` as ``X.trainable_params()``, sums and names followed; None for anything else.

    ``given`` are the values of the parameters of the function that ``node`` stands in.
    """
    match node:
        case ast.Attribute(value=base, attr=name) if name in _VARIABLES:
            base = _handed_in(module, base, given) or base
            text = _receiver_text(module, base)
            return (f"{text}.trainable_params()", (base,)) if text else None
        case ast.BinOp(op=ast.Add(), left=left, right=right):
            first, second = (variables_text(module, one, depth, given) for one in (left, right))
            return (f"{first[0]} + {second[0]}", first[1] + second[1]) if first and second else None
        case ast.List(elts=[_, *_] as elements) if all(isinstance(element, ast.Starred) for element in elements):
            parts = [
                variables_text(module, element.value, depth, given)
                for element in elements
                if isinstance(element, ast.Starred)
            ]
            known = [part for part in parts if part is not None]
            if len(known) == len(elements):
                return " + ".join(text for text, _ in known), tuple(one for _, models in known for one in models)
        case ast.Call(func=ast.Name(id="list" | "tuple"), args=[inner]):
            return variables_text(module, inner, depth, given)
        case ast.Name() | ast.Attribute() if depth:
            bindings = module.origins(node)
            key = dotted(node) or ""
            changed = any(
                f"{key}.{method}" in module.index.uses for method in ("append", "extend", "insert", "remove", "pop")
            )
            if len(bindings) == 1 and bindings[0].value is not None and not changed:
                return variables_text(module, bindings[0].value, depth - 1, given)
            value = _handed_in(module, node, given)
            if value is not None and not changed:
                return variables_text(module, value, depth - 1)
    return None


def _reason(module: Module, uses: Sequence[Use], place: tuple[int, int]) -> Finding:
    """Why no use tells the parameters: the most telling use first."""
    by_kind = {use.kind: use for use in reversed(uses)}
    if use := by_kind.get(UseKind.CUSTOM_COMPILE):
        return finding("params-unknown/custom-compile", *place, keyword=use.detail)
    if (use := by_kind.get(UseKind.HANDED)) and (taker := taker_of(module, use.call, use.node)) is not None:
        why = taker.unknown or f"the call names no model for {', '.join(one.name for one in taker.models)}"
        return finding("params-unknown/elsewhere", *place, callee=use.detail, path=taker.path, why=why)
    told = next((use for use in uses if use.kind is UseKind.ATTRIBUTE and use.call is not None), None)
    if use := by_kind.get(UseKind.STEP, told):
        variables = variable_list(module, use)
        if variables is not None:
            return finding("params-unknown/variable-list", *place, variables=module.text(variables))
        if use.detail == "minimize":
            return finding("params-unknown/no-variable-list", *place)
    if UseKind.DEFAULT in by_kind:
        return finding("params-unknown/default-argument", *place)
    for kind, key, detail in (
        (UseKind.PASSED, "passed", "callee"),
        (UseKind.CONTAINER, "contained", "container"),
        (UseKind.STORED, "stored", "place"),
    ):
        if use := by_kind.get(kind):
            return finding(f"params-unknown/{key}", *place, **{detail: use.detail})
    return finding("params-unknown", *place)
