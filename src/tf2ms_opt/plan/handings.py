"""Calls that hand an optimizer of the file to a function of another file, and what it is that they hand over."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet

from tf2ms_opt.neighbours import Gain, Handed, Handing
from tf2ms_opt.plan.drafts import Draft
from tf2ms_opt.plan.foreign import gained_by
from tf2ms_opt.plan.found import Found
from tf2ms_opt.plan.imports import Aliases
from tf2ms_opt.plan.step.abroad import built_loss, can_be_converted
from tf2ms_opt.plan.step.checks import returns_other
from tf2ms_opt.trace.handed import constructor_of
from tf2ms_opt.trace.module import Module
from tf2ms_opt.trace.scopes import BindingKind, dotted
from tf2ms_opt.trace.uses import Use, UseKind, uses_of

_DEPTH = 5  # of functions that return what another one returns


def handings(
    module: Module, sites: Iterable[Found], gains: Collection[Gain], done: Mapping[Found, Draft], names: Aliases | None
) -> tuple[Handing, ...]:
    """The calls for ``sites``, and for what functions of other files return to the calls of ``gains``.

    ``done`` are the optimizers that are converted, and ``names`` what the result calls MindSpore's classes.
    """
    places = {(one.line, one.column): one for one in gains}
    found_at = ((call, places.get(module.position(call))) for call in module.index.calls if places)
    calls = [call for call, gain in found_at if gain is not None and gained_by(call, gain)]
    built = {one: draft for site, draft in done.items() for one in (site.expression, *site.built)}
    built |= {one.call: draft for draft in done.values() for one in draft.built}
    found = {}
    for expression in dict.fromkeys([*(one for site in sites for one in site.built), *calls]):
        for use in _uses(module, expression, _DEPTH):
            if use.kind in (UseKind.PASSED, UseKind.HANDED) and use.call is not None:
                for one in _handing(module, use, use.call, built, names):
                    found[one] = use.call
    return tuple(sorted(found, key=lambda one: (one.line, one.column, str(one.argument), str(one.handed))))


def _uses(module: Module, expression: ast.expr, depth: int) -> Iterator[Use]:
    """The uses of an optimizer, also where functions of the file return it."""
    for use in uses_of(module, expression):
        yield use
        function = module.index.function(use.node) if use.kind is UseKind.RETURN and depth else None
        for call in module.cached(_calls).get(function, ()) if function is not None else ():
            yield from _uses(module, call, depth - 1)


def _calls(module: Module) -> dict[ast.AST, list[ast.Call]]:
    """Function -> the calls, in the order of the file, that may run it."""
    found: dict[ast.AST, list[ast.Call]] = {}
    for call in module.index.calls:
        method = module.own_method(call.func)
        nodes = [*(one.node for one in module.origins(call.func)), *([method] if method is not None else [])]
        for node in dict.fromkeys(nodes):
            found.setdefault(node, []).append(call)
    return found


def _handing(
    module: Module, use: Use, call: ast.Call, built: Mapping[ast.expr, Draft], names: Aliases | None
) -> Iterator[Handing]:
    starred = any(isinstance(one, ast.Starred) for one in call.args)
    arguments: list[str | int] = [at for at, value in enumerate(call.args) if value is use.node and not starred]
    arguments += [one.arg for one in call.keywords if one.value is use.node and one.arg is not None]
    functions = tuple(sorted(callees(module, call.func)))
    drafts = list(_given(module, use.node, built, frozenset()))
    known = {_handed(module, one, built.keys()) for one in drafts if one is not None}
    for argument in arguments if functions else ():
        for handed in known if None not in drafts and known else {None}:
            losses = _losses(module, call, names, handed.generation) if names is not None and handed is not None else ()
            yield Handing(*module.position(call), functions, argument, handed, *_asked(module, call), losses)


def _losses(module: Module, call: ast.Call, names: Aliases, generation: str) -> tuple[str | int, ...]:
    """The arguments of ``call`` that build losses of Keras for nothing else, and can be converted."""
    plain = not any(isinstance(one, ast.Starred) for one in call.args)
    given: list[tuple[str | int, ast.expr]] = list(enumerate(call.args)) if plain else []
    given += [(one.arg, one.value) for one in call.keywords if one.arg is not None]
    losses = [(argument, built_loss(module, value)) for argument, value in given]
    return tuple(
        argument for argument, built in losses
        if built is not None and can_be_converted(module, built, names, generation)
    )  # fmt: skip


def _asked(module: Module, call: ast.Call) -> tuple[int, int]:
    """The lines in which a model that ``call`` is given is trained or asked as Keras' own, and what it returns is."""
    given = [*call.args, *(one.value for one in call.keywords)]
    models = {binding for value in given for binding in module.origins(value)}
    used = result = 0
    for one in module.index.calls:
        func = one.func
        if isinstance(func, ast.Attribute) and func.attr in module.rules.step.method:
            root = func.value
            while isinstance(root, ast.Attribute):
                root = root.value
            line = module.position(one)[0]
            if not models.isdisjoint(module.origins(func.value)):
                used = used or line
            elif any(binding.value is call for binding in module.origins(root)) or root is call:
                inside = root is not func.value  # of an object that the call makes, what it keeps
                used, result = (used or line, result) if inside else (used, result or line)
    return used, result


def _handed(module: Module, draft: Draft, converted: AbstractSet[ast.expr]) -> Handed:
    factory = draft.factory.function if draft.factory is not None else None
    mixed = draft.mixed or (returns_other(module, factory, converted) if factory is not None else "")
    return Handed(draft.candidate.rule.name, draft.candidate.generation, draft.scheduled, draft.wrapped, mixed)


def _given(
    module: Module, value: ast.expr, built: Mapping[ast.expr, Draft], seen: frozenset[ast.expr]
) -> Iterator[Draft | None]:
    """Every optimizer that ``value`` may be; None for anything else."""
    if value in built:
        yield built[value]
    elif isinstance(value, ast.IfExp):
        for one in (value.body, value.orelse):
            yield from _given(module, one, built, seen)
    elif value not in seen and (bindings := module.origins(value)):
        for binding in bindings:
            if binding.value is None:
                yield None
            else:
                yield from _given(module, binding.value, built, seen | {value})
    else:
        yield None


def callees(module: Module, func: ast.expr) -> set[str]:
    """The dotted names of what a call runs, where another file defines it: functions, classes and methods."""
    match func:
        case ast.Attribute(value=ast.Call(func=ast.Name(id="super")), attr="__init__"):
            method = module.method_of(module.index.scope(func))
            bases = method[0].bases if method is not None else []
            return set().union(*(module.resolve(one).names for one in bases)) if len(bases) == 1 else set()
    if any(one.kind is not BindingKind.IMPORT for one in module.origins(func)):
        return set()
    names = {one for one in module.resolve(func).names if not module.rules.from_framework(one)}
    if not names and isinstance(func, ast.Name) and not module.origins(func):
        names = {f"{star}.{func.id}" for star in module.stars}
    if not names and isinstance(func, ast.Attribute) and (built := constructor_of(module, func.value)) is not None:
        names = {f"{one}.{func.attr}" for one in callees(module, built.func) if dotted(built.func) is not None}
    return names
