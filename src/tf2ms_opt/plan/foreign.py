"""Calls of functions in other files that return an optimizer: each passes the parameters of the model it is for.

And what a file has to do with functions of given names, which is asked of every file before one of them is changed.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace

from tf2ms_opt.diagnostics import finding
from tf2ms_opt.neighbours import Gain, Mention, Mentions, placed
from tf2ms_opt.plan.builders import penalties_elsewhere
from tf2ms_opt.plan.drafts import Draft
from tf2ms_opt.plan.elsewhere import built_elsewhere
from tf2ms_opt.plan.factories import Called, Factories
from tf2ms_opt.plan.found import Found
from tf2ms_opt.plan.schedules import flow_of
from tf2ms_opt.plan.side_effects import handed_over
from tf2ms_opt.plan.suppressed import untouched
from tf2ms_opt.plan.words import interesting, last_word
from tf2ms_opt.trace.models import certain_model, is_compiled_here
from tf2ms_opt.trace.module import Module
from tf2ms_opt.trace.reaching import owner
from tf2ms_opt.trace.scopes import BindingKind, dotted
from tf2ms_opt.trace.tables import asks_keys, element_of


@dataclass(slots=True)
class Foreign:
    """The calls that gain an argument, as drafts; the functions around them; and the lines of those that cannot."""

    drafts: dict[Found, Draft] = field(default_factory=dict)
    changed: dict[str, Gain] = field(default_factory=dict)
    refused: list[tuple[int, str]] = field(default_factory=list)


def foreign_calls(module: Module, factories: Factories, gains: Collection[Gain], *, converts: bool) -> Foreign:
    """What becomes of the calls of ``gains``; ``converts`` tells that training steps are converted in this run."""
    wanted = {(one.line, one.column): one for one in gains}
    found = Foreign()
    for call in module.index.calls if wanted else ():
        place = module.position(call)
        gain = wanted.get(place)
        if gain is None or not gained_by(call, gain):
            continue
        called = factories.called(call)
        if isinstance(called, str):
            found.refused.append((place[0], called))
            continue
        given = [*call.args, *(keyword.value for keyword in call.keywords)]
        if any(flow_of(module, value, "", place) is not None for value in given):
            found.refused.append((place[0], "the call hands over a learning-rate schedule"))
            continue
        if blocked := untouched(module, called.splices):
            found.refused.append((place[0], f"the comment in line {blocked.line} keeps the call as it is"))
            continue
        site = Found(call, call, f"{gain.path}:{gain.signature.function}", (), call=call)
        found.drafts[site] = _draft(module, gain, call, called, converts=converts)
        found.changed |= dict.fromkeys(called.changed, gain)
    return found


def gained_by(call: ast.Call, gain: Gain) -> bool:
    """Whether ``call`` is meant, and not one that begins at the same place: that of a method of what it returns."""
    return isinstance(call.func, (ast.Subscript, ast.Call)) if gain.signature.table else dotted(call.func) is not None


def _draft(module: Module, gain: Gain, call: ast.Call, called: Called, *, converts: bool) -> Draft:
    uses = tuple(use for one in called.built for use in one.uses)
    passed = ", ".join(dict.fromkeys(one.parameters.text for one in called.built)) or "its own parameters"
    models = tuple(model for one in called.built for model in one.parameters.models)
    steps = [one.parameters.step for one in called.built]
    details = {"function": gain.signature.function, "path": gain.path, "params": passed}
    place = module.position(call)
    return replace(
        built_elsewhere(module, gain.signature, passed, models, steps, uses),
        splices=called.splices,
        findings=(
            finding("parameters-passed", *place, **details),
            *handed_over(module, uses, passed, converts=converts),
            *penalties_elsewhere(module, models, place),
        ),
        built=called.built,
        mixed=placed(gain.signature.mixed, gain.path),
    )


def mentions(module: Module, names: Collection[str]) -> Mentions:
    """Where a file uses, or imports, anything that may be a function with one of ``names`` (without dots)."""
    words = interesting(module, names)
    imports = {
        one.key: one.qualified
        for group in module.index.top.bindings.values() for one in group
        if one.kind is BindingKind.IMPORT and one.qualified is not None
    }  # fmt: skip
    uses = sorted(_uses(module, words), key=lambda use: (use.line, use.call or (0, 0), use.names))
    return Mentions(tuple(uses), dict(sorted(imports.items())), module.stars, tuple(sorted(_handed_modules(module))))


def _handed_modules(module: Module) -> Iterator[tuple[int, str]]:
    """Imported names that are values: handed on, kept, or asked for an attribute by its name."""
    for key, uses in module.index.uses.items():
        for _, node in uses:
            parent = module.index.parents[node]
            if isinstance(parent, ast.Attribute) or (isinstance(parent, ast.Call) and parent.func is node):
                continue
            if isinstance(node, ast.Name) and any(one.kind is BindingKind.IMPORT for one in module.origins(node)):
                yield from ((module.position(node)[0], name) for name in module.resolve(node).names)
            elif key.count("."):
                names = module.resolve(node).names
                yield from ((module.position(node)[0], name) for name in names if not module.rules.from_framework(name))


def _uses(module: Module, words: Collection[str]) -> Iterator[Mention]:
    yield from _own_methods(module, words)
    for key, uses in module.index.uses.items():
        if last_word(key) not in words:
            continue
        for scope, node in uses:
            if _is_annotation(module, node) or _of_keras(module, node):
                continue
            method = module.method_of(scope)
            if method is not None and key == f"{method[2]}.{last_word(key)}":
                yield _on_self(module, node, method[0])
                continue
            resolved = module.resolve(node)
            unbound = isinstance(node, ast.Name) and not resolved.names and owner(scope, node.id) is None
            stars = [f"{star}.{last_word(key)}" for star in module.stars] if unbound else []
            parent = module.index.parents[node]
            called = isinstance(parent, ast.Call) and parent.func is node
            place = module.position(parent) if called and isinstance(parent, ast.Call) else None
            names = tuple(sorted({*resolved.names, *stars}))
            line, other = module.position(node)[0], resolved.other and not stars
            element, keys = _element(module, node), asks_keys(module, node)
            yield Mention(line, names, place, other, last_word(key), element=element, keys=keys)


def _element(module: Module, node: ast.expr) -> tuple[int, int] | None:
    """The call of what is taken out of ``node``, a dictionary."""
    element = element_of(module, node)
    call = module.index.parents[element] if element is not None else None
    return module.position(call) if isinstance(call, ast.Call) and call.func is element else None


def _of_keras(module: Module, node: ast.expr) -> bool:
    """Whether ``node`` is a method of a Keras model: of one that is built, or compiled, in this file."""
    if not isinstance(node, ast.Attribute) or node.attr not in module.rules.step.method:
        return False
    return is_compiled_here(module, node.value) or certain_model(module, node.value)


def _is_annotation(module: Module, node: ast.expr) -> bool:
    """Whether ``node`` stands in what a parameter, a result or a name is said to be, which calls nothing."""
    child: ast.AST = node
    for parent in module.index.ancestors(node):
        if isinstance(parent, (ast.arg, ast.AnnAssign)):
            return child is parent.annotation
        if isinstance(parent, (ast.FunctionDef, ast.AsyncFunctionDef)):
            return child is parent.returns
        if not isinstance(parent, (ast.Attribute, ast.Subscript, ast.Tuple, ast.List, ast.BinOp)):
            return False
        child = parent
    return False


def _own_methods(module: Module, words: Collection[str]) -> Iterator[Mention]:
    """Methods of the file's classes that may take the place of one of a base class in another file."""
    for node in module.classes:
        bindings = module.index.scopes[node].bindings
        for name in sorted(set(words) & bindings.keys()):
            if names := _of_bases(module, node, name):
                line = module.position(bindings[name][0].statement or node)[0]
                yield Mention(line, names, None, other=False, name=name, on_self=True)


def _on_self(module: Module, node: ast.expr, owner: ast.ClassDef) -> Mention:
    """``self.name`` in a class of this file: a method of its own, or of a base class."""
    name = last_word(module.text(node))
    inherited = not any(name in module.index.scopes[one].bindings for one in (owner, *_ancestors(module, owner)))
    parent = module.index.parents[node]
    call = module.position(parent) if isinstance(parent, ast.Call) and parent.func is node else None
    names = _of_bases(module, owner, name) if inherited else ()
    return Mention(module.position(node)[0], names, call, other=False, name=name, on_self=True)


def _ancestors(module: Module, owner: ast.ClassDef) -> list[ast.ClassDef]:
    return [one for one in module.relatives(owner) if module.derives(owner, one)]


def _of_bases(module: Module, owner: ast.ClassDef, name: str) -> tuple[str, ...]:
    """What the method ``name`` is called in base classes that other files define."""
    bases = [base for one in (owner, *_ancestors(module, owner)) for base in one.bases]
    return tuple(sorted({f"{full}.{name}" for base in bases for full in module.resolve(base).names}))
