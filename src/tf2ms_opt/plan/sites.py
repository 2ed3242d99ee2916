"""Finds the sites of a module: every place that builds an optimizer which a rule knows, or refers to its class.

By binding and not by text; what a site becomes is decided later.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace

from tf2ms_opt.diagnostics import Finding, finding
from tf2ms_opt.plan.found import Found
from tf2ms_opt.plan.indirect import Entry, Indirect, arguments_of, indirect
from tf2ms_opt.plan.lookups import gives_back, lookups
from tf2ms_opt.plan.strings import of_string, strings
from tf2ms_opt.plan.subclasses import subclass
from tf2ms_opt.plan.unruled import unruled
from tf2ms_opt.plan.words import ends_in, interesting, last_word
from tf2ms_opt.ruleset import Candidate
from tf2ms_opt.trace.module import Module
from tf2ms_opt.trace.scopes import dotted


def find(module: Module) -> tuple[Found, ...]:
    """Every site of ``module`` in the order of the file."""
    found = {node: Found(node, node, source, (), left=left) for node, source, left in unruled(module)}
    found |= {site.expression: site for site in (*_references(module), *_lookups(module), *strings(module))}
    return tuple(sorted(found.values(), key=lambda site: module.source.start(site.node)))


def _references(module: Module) -> Iterator[Found]:
    words = interesting(module, module.rules.candidates)
    for key, uses in module.index.uses.items():
        if last_word(key) in words:
            for _, node in uses:
                yield from _reference(module, node)
    for call in module.index.calls:
        if isinstance(call.func, ast.Name) and call.func.id == "getattr" and ends_in(module, call, words):
            yield from _reference(module, call)
        elif isinstance(call.func, ast.Attribute) and call.func.attr in words and dotted(call.func) is None:
            yield from _reference(module, call.func)


def _reference(module: Module, node: ast.expr) -> Iterator[Found]:
    resolved = module.resolve(node)
    hits = sorted(name for name in resolved.names if _optimizers(module, name))
    if not hits or _is_annotation(module, node):
        return
    source = module.rules.canonical(hits[0])
    candidates = _common(module, hits)
    parent = module.index.parents[node]
    if isinstance(parent, ast.Attribute) and any(_optimizers(module, name) for name in module.resolve(parent).names):
        return  # the module rmsprop of rmsprop.RMSprop has the name of an old class
    called = isinstance(parent, ast.Call) and parent.func is node
    alike = _alike(module, hits) and bool(candidates)
    if resolved.other or len(hits) < len(resolved.names) or not alike:
        place = parent if called and isinstance(parent, ast.Call) else node
        together = indirect(module, node) if called else ""
        if isinstance(together, Indirect):
            yield from (_entry(module, one, together) for one in together.entries)
            return
        key = "ambiguous" if alike else "several"
        left = finding(f"indirect-reference/{key}", *module.position(place), name=module.text(node), source=source)
        yield Found(place, place, source, candidates or _optimizers(module, hits[0]), left=left)
    elif called and isinstance(parent, ast.Call):
        outer = module.index.parents[parent]
        given = outer if isinstance(outer, ast.Call) and gives_back(module, outer) else parent
        yield Found(parent, given, source, candidates, call=parent)
    elif not _is_alias(module, node, parent):
        together = indirect(module, node)
        if isinstance(together, Indirect) and (own := [one for one in together.entries if one.reference is node]):
            yield _entry(module, own[0], together)
        else:
            why = together if isinstance(together, str) else "no call of it is in this file"
            yield Found(node, node, source, candidates, left=_indirect(module, node, source, why))


def _entry(module: Module, entry: Entry, together: Indirect) -> Found:
    """A class that is named for calls elsewhere, as the first of them."""
    hits = sorted(name for name in module.resolve(entry.reference).names if _optimizers(module, name))
    source, call = module.rules.canonical(hits[0]), arguments_of(entry, together.calls[0])
    return Found(
        entry.reference, entry.node, source, _common(module, hits), call, apart=True, entry=entry, indirect=together
    )


def _optimizers(module: Module, name: str) -> tuple[Candidate, ...]:
    return tuple(one for one in module.rules.named(name) if one.rule.kind == "optimizer")


def _alike(module: Module, names: list[str]) -> bool:
    """Whether all of the names that an expression may stand for are the same class, from here or from there."""
    rules = [{one.rule.name for one in _optimizers(module, name)} for name in names]
    return all(one == rules[0] for one in rules)


def _common(module: Module, names: list[str]) -> tuple[Candidate, ...]:
    """What all of the names that an import guard chooses from may stand for; nothing if they are different classes."""
    every = [_optimizers(module, name) for name in names]
    if any(candidates[0].rule is not every[0][0].rule for candidates in every):
        return ()
    shared = set.intersection(*({one.generation for one in candidates} for candidates in every))
    return tuple(one for one in every[0] if one.generation in shared)


def _is_alias(module: Module, node: ast.expr, parent: ast.AST) -> bool:
    """A plain assignment to a name that is read here: whoever uses that name is the site."""
    if not isinstance(parent, (ast.Assign, ast.AnnAssign)) or parent.value is not node:
        return False
    if isinstance(module.index.scope(parent).node, ast.ClassDef):
        return False  # an attribute, which self or a class below may read
    targets = parent.targets if isinstance(parent, ast.Assign) else [parent.target]
    return all(
        bool(module.readers(one.id, node)) if isinstance(one, ast.Name) else _read_here(module, one) for one in targets
    )


def _read_here(module: Module, target: ast.expr) -> bool:
    """Whether an attribute that holds the class is read in the scope that sets it, and nowhere else."""
    key = dotted(target)
    uses = module.index.uses.get(key or "", [])
    attribute = last_word(key)
    elsewhere = [other for other in module.index.uses if last_word(other) == attribute and other != key]
    return bool(uses) and not elsewhere and all(scope is module.index.scope(target) for scope, _ in uses)


def _is_annotation(module: Module, node: ast.expr) -> bool:
    child: ast.AST = node
    for ancestor in module.index.ancestors(node):
        match ancestor:
            case ast.arg() | ast.FunctionDef() | ast.AsyncFunctionDef():
                return child is getattr(ancestor, "annotation", None) or child is getattr(ancestor, "returns", None)
            case ast.AnnAssign():
                return child is ancestor.annotation
            case ast.stmt():
                return False
        child = ancestor
    return False


def _indirect(module: Module, node: ast.expr, source: str, why: str) -> Finding:
    """Why a class that is not called here cannot be rewritten."""
    place = module.position(node)
    parent = module.index.parents[node]
    if isinstance(parent, ast.keyword):
        parent = module.index.parents[parent]
    match parent:
        case ast.ClassDef():
            return subclass(module, node, parent, source)
        case ast.Call():
            callee = module.text(parent.func)
            if last_word(callee) == "partial":
                return finding("indirect-reference/partial", *place, source=source, why=why)
            if last_word(callee) in ("isinstance", "issubclass", "assertIsInstance", "assertNotIsInstance"):
                return finding("indirect-reference/isinstance", *place, source=source)
            return finding("indirect-reference/passed", *place, source=source, callee=callee, why=why)
        case ast.Dict() | ast.List() | ast.Tuple() | ast.Set():
            container = type(parent).__name__.lower()
            return finding("indirect-reference/container", *place, source=source, container=container, why=why)
        case _:
            return finding("indirect-reference/value", *place, source=source, why=why)


def _lookups(module: Module) -> Iterator[Found]:
    """What Keras looks up, by a name or a serialized optimizer, or gives back."""
    for one in lookups(module):
        if one.left is not None:
            names = sorted(module.resolve(one.expression.func).names or module.resolve(one.expression.args[0]).names)
            yield Found(one.node, one.expression, module.rules.canonical(names[0]), (), left=one.left)
        elif one.name:
            candidates = of_string(module, module.rules.strings[one.name])
            found = Found(
                one.node, one.expression, one.name, candidates, one.arguments, apart=one.arguments is not None
            )
            # Keras builds an older class of a serialized optimizer, if that says anything but the class
            older = module.rules.framework.deserialized if one.arguments and one.arguments.keywords else {}
            yield replace(found, instead=older)
