"""Finds the sites of a module: every place that builds an optimizer which a rule knows, or refers to its class.

By binding and not by text; what a site becomes is decided later.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from tf2ms_opt.diagnostics import Finding, finding
from tf2ms_opt.plan.unruled import unruled
from tf2ms_opt.plan.words import ends_in, interesting, last_word
from tf2ms_opt.rules import Rule
from tf2ms_opt.ruleset import Candidate
from tf2ms_opt.trace.models import is_keras_model
from tf2ms_opt.trace.module import Module
from tf2ms_opt.trace.scopes import Binding, dotted
from tf2ms_opt.trace.uses import optimizer_argument


@dataclass(frozen=True, eq=False)
class Found:
    """A site: ``node`` gives its position, ``expression`` is what would be replaced.

    ``call`` holds the source's arguments (None for a registry string); ``left`` says why it cannot be converted.
    """

    node: ast.expr
    expression: ast.expr
    source: str
    candidates: tuple[Candidate, ...]
    call: ast.Call | None = None
    left: Finding | None = None

    @property
    def rule(self) -> Rule | None:
        return self.candidates[0].rule if self.candidates else None


def find(module: Module) -> tuple[Found, ...]:
    """Every site of ``module`` in the order of the file."""
    found = {node: Found(node, node, source, (), left=left) for node, source, left in unruled(module)}
    found |= {site.expression: site for site in (*_references(module), *_lookups(module), *_strings(module))}
    return tuple(sorted(found.values(), key=lambda site: module.source.start(site.node)))


def _references(module: Module) -> Iterator[Found]:
    words = interesting(module, module.rules.candidates)
    for key, uses in module.index.uses.items():
        if last_word(key) in words:
            for _, node in uses:
                yield from _reference(module, node)
    for call in module.index.calls:
        if isinstance(call.func, ast.Name) and call.func.id == "getattr" and ends_in(call, words):
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
    if resolved.other or len(hits) < len(resolved.names) or not candidates:
        place = parent if called and isinstance(parent, ast.Call) else node
        key = "ambiguous" if candidates else "several"
        left = finding(f"indirect-reference/{key}", *module.position(place), name=module.text(node), source=source)
        yield Found(place, place, source, candidates or _optimizers(module, hits[0]), left=left)
    elif called and isinstance(parent, ast.Call):
        yield Found(parent, parent, source, candidates, call=parent)
    elif not _is_alias(module, node, parent):
        yield Found(node, node, source, candidates, left=_indirect(module, node, source))


def _optimizers(module: Module, name: str) -> tuple[Candidate, ...]:
    return tuple(one for one in module.rules.named(name) if one.rule.kind == "optimizer")


def _common(module: Module, names: list[str]) -> tuple[Candidate, ...]:
    """What all of the names that an import guard chooses from may stand for; nothing if they are different classes."""
    every = [_optimizers(module, name) for name in names]
    if any(candidates[0].rule is not every[0][0].rule for candidates in every):
        return ()
    shared = set.intersection(*({one.generation for one in candidates} for candidates in every))
    return tuple(one for one in every[0] if one.generation in shared)


def _is_alias(module: Module, node: ast.expr, parent: ast.AST) -> bool:
    """A plain assignment to a name: whoever uses that name is the site."""
    if isinstance(parent, ast.Assign) and parent.value is node:
        return all(isinstance(target, ast.Name) or _read_here(module, target) for target in parent.targets)
    return isinstance(parent, ast.AnnAssign) and parent.value is node and isinstance(parent.target, ast.Name)


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


def _indirect(module: Module, node: ast.expr, source: str) -> Finding:
    """Why a class that is not called here cannot be rewritten."""
    place = module.position(node)
    parent = module.index.parents[node]
    if isinstance(parent, ast.keyword):
        parent = module.index.parents[parent]
    match parent:
        case ast.ClassDef():
            return finding("indirect-reference/subclass", *place, source=source, name=parent.name)
        case ast.Call():
            callee = module.text(parent.func)
            if last_word(callee) == "partial":
                return finding("indirect-reference/partial", *place, source=source)
            if last_word(callee) in ("isinstance", "issubclass", "assertIsInstance", "assertNotIsInstance"):
                return finding("indirect-reference/isinstance", *place, source=source)
            return finding("indirect-reference/passed", *place, source=source, callee=callee)
        case ast.Dict() | ast.List() | ast.Tuple() | ast.Set():
            return finding(
                "indirect-reference/container", *place, source=source, container=type(parent).__name__.lower()
            )
        case _:
            return finding("indirect-reference/value", *place, source=source)


def _lookups(module: Module) -> Iterator[Found]:
    """``optimizers.get(x)``, ``deserialize(x)`` and ``getattr(optimizers, x)``."""
    lookups = module.rules.framework.lookups
    ends = {last_word(name) for name in lookups} | {"getattr"}
    for call in module.index.calls:
        name = last_word(dotted(call.func)) or (call.func.attr if isinstance(call.func, ast.Attribute) else "")
        if name not in ends or not (call.args or call.keywords):
            continue
        if name == "getattr" and isinstance(call.func, ast.Name):
            base = module.keras_path(call.args[0]) if call.args else None
            if base in ("optimizers", "optimizers.legacy") and not _constant_text(call.args[1:2]):
                yield _lookup(module, call)
        elif module.keras_path(call.func) in lookups:
            text = _constant_text(call.args[:1] or [keyword.value for keyword in call.keywords[:1]])
            if text is None:
                yield _lookup(module, call)
            elif (rule := module.rules.strings.get(text.lower())) is not None:
                string = call.args[0] if call.args else call.keywords[0].value
                yield Found(string, call, text.lower(), _of_string(module, rule))


def _lookup(module: Module, call: ast.Call) -> Found:
    names = sorted(module.resolve(call.func).names or module.resolve(call.args[0]).names)
    left = finding("indirect-reference/lookup", *module.position(call), call=module.text(call.func) + "(...)")
    return Found(call, call, module.rules.canonical(names[0]), (), left=left)


def _constant_text(nodes: list[ast.expr]) -> str | None:
    match nodes:
        case [ast.Constant(value=str(text))]:
            return text
        case _:
            return None


def _strings(module: Module) -> Iterator[Found]:
    """Registry names given to the compile of a Keras model."""
    for call in module.index.calls:
        if not isinstance(call.func, ast.Attribute) or call.func.attr != "compile":
            continue
        argument = optimizer_argument(call)
        if argument is None:
            yield from _unpacked_string(module, call)
            continue
        for node in _branches(argument):
            text = _constant_text([node])
            rule = module.rules.strings.get(text.lower()) if text else None
            if rule is None or text is None or not is_keras_model(module, call):
                continue
            left = None
            if node is not argument:
                left = finding("indirect-reference/expression", *module.position(node), string=module.text(node))
            yield Found(node, node, text.lower(), _of_string(module, rule), left=left)
        yield from _named_string(module, call, argument)


def _named_string(module: Module, call: ast.Call, argument: ast.expr) -> Iterator[Found]:
    """``compile(optimizer=name)`` where the name is a registry string, certainly or on one path."""
    if not isinstance(argument, (ast.Name, ast.Attribute)) or not is_keras_model(module, call):
        return
    only = module.only_binding(argument) if isinstance(argument, ast.Name) else None
    for binding in module.origins(argument):
        value = binding.value if binding.value is not None else _default(module, binding)
        text = _constant_text([value]) if value is not None else None
        rule = module.rules.strings.get(text.lower()) if text else None
        if rule is None or text is None or value is None:
            continue
        candidates = _of_string(module, rule)
        if binding is only:
            yield Found(value, argument, text.lower(), candidates)
        else:
            details = {"string": module.text(value), "name": module.text(argument)}
            left = finding("indirect-reference/named", *module.position(value), **details)
            yield Found(value, value, text.lower(), candidates, left=left)


def _unpacked_string(module: Module, call: ast.Call) -> Iterator[Found]:
    """``compile(**options)`` where the dictionary names an optimizer."""
    for keyword in call.keywords if is_keras_model(module, call) else ():
        if keyword.arg is not None:
            continue
        for options in (keyword.value, *(binding.value for binding in module.origins(keyword.value))):
            text = _constant_text([value for name, value in _entries(options) if name == "optimizer"])
            rule = module.rules.strings.get(text.lower()) if text else None
            if rule is not None and text is not None:
                node = next(value for name, value in _entries(options) if name == "optimizer")
                left = finding("starred-arguments", *module.position(node), argument=module.text(keyword))
                yield Found(node, node, text.lower(), _of_string(module, rule), left=left)


def _entries(node: ast.expr | None) -> Iterator[tuple[object, ast.expr]]:
    """The keys and values of ``{...}`` or ``dict(...)``."""
    match node:
        case ast.Dict(keys=keys, values=values):
            yield from (
                (key.value, value) for key, value in zip(keys, values, strict=True) if isinstance(key, ast.Constant)
            )
        case ast.Call(func=ast.Name(id="dict"), keywords=keywords):
            yield from ((one.arg, one.value) for one in keywords)


def _default(module: Module, binding: Binding) -> ast.expr | None:
    """The default of a parameter."""
    arguments = module.index.parents.get(binding.node)
    if not isinstance(arguments, ast.arguments):
        return None
    positional = [*arguments.posonlyargs, *arguments.args]
    pairs = [*zip(reversed(positional), reversed(arguments.defaults), strict=False)]
    pairs += [(one, value) for one, value in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if value]
    return next((value for one, value in pairs if one is binding.node), None)


def _branches(argument: ast.expr) -> list[ast.expr]:
    match argument:
        case ast.IfExp(body=body, orelse=orelse):
            return [*_branches(body), *_branches(orelse)]
        case ast.BoolOp(values=values):
            return [node for value in values for node in _branches(value)]
        case ast.Constant():
            return [argument]
        case _:
            return []


def _of_string(module: Module, rule: Rule) -> tuple[Candidate, ...]:
    """What a registry string of this file may stand for: the rule's classes of the Keras that the file imports."""
    roots = module.cached(_keras_roots)
    names = {
        f"{root}.optimizers.{source.class_name}" for root in roots or ["tensorflow.keras"] for source in rule.source
    }
    found = {one.generation: one for name in sorted(names) for one in module.rules.named(name) if one.rule is rule}
    return tuple(found.values()) or tuple(
        one for source in rule.source for one in module.rules.named(f"tensorflow.keras.optimizers.{source.class_name}")
    )


def _keras_roots(module: Module) -> list[str]:
    """The Keras modules that the file imports something from."""
    imported = {one.qualified for pairs in module.index.bound.values() for _, one in pairs if one.qualified is not None}
    return [
        keras for keras in module.rules.framework.keras if any(f"{name}.".startswith(f"{keras}.") for name in imported)
    ]
