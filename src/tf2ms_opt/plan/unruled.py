"""Finds the optimizers that no rule converts, and the file's own classes on the base class of optimizers.

They are sites too: passed over without a word, a file would look finished that is not.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Sequence

from tf2ms_opt.diagnostics import Finding, finding
from tf2ms_opt.plan.subclasses import subclass
from tf2ms_opt.plan.words import interesting, last_word
from tf2ms_opt.ruleset import Candidate
from tf2ms_opt.trace.module import Module
from tf2ms_opt.trace.uses import Use, UseKind


def unruled(module: Module) -> Iterator[tuple[ast.expr, str, Finding]]:
    """The expression that builds or extends such an optimizer, what it is of, and why it is left."""
    framework = module.rules.framework
    reasons = _reasons(module)
    words = interesting(module, [*reasons, *framework.base_classes])
    uses = [node for key, uses in module.index.uses.items() if last_word(key) in words for _, node in uses]
    for node in dict.fromkeys(uses):
        parent = module.index.parents[node]
        if isinstance(parent, ast.Call) and parent.func is node and (name := _one_of(module, node, reasons)):
            source, reason = module.rules.canonical(name), reasons[_path(module, name)]
            yield parent, source, finding("no-rule", *module.position(parent), source=source, reason=reason)
        elif isinstance(parent, ast.ClassDef) and (name := _one_of(module, node, framework.base_classes)):
            source = module.rules.canonical(name)
            yield node, source, subclass(module, node, parent, source)


def stays(module: Module, candidate: Candidate, uses: Sequence[Use], place: tuple[int, int]) -> Finding | None:
    """Why an optimizer of ``candidate`` stays: the class around it has no rule, or its step is given what cannot be."""
    reasons = _reasons(module)
    refused = module.rules.framework.generation[candidate.generation].step_refuses
    for use, call in ((use, use.call) for use in uses if use.call is not None):
        if use.kind is UseKind.WRAPPED and (name := _one_of(module, call.func, reasons)) is not None:
            source = module.rules.canonical(name)
            return finding("no-rule/around", *place, source=source, reason=reasons[_path(module, name)])
        for keyword in call.keywords if use.kind is UseKind.STEP else ():
            if keyword.arg in refused:
                key, argument = "unsupported-argument/step", f"{keyword.arg}={module.text(keyword.value)}"
                line, reason = keyword.value.lineno, refused[keyword.arg]
                return finding(key, *place, argument=argument, line=line, reason=reason)
    return None


def _reasons(module: Module) -> dict[str, str]:
    return {name: one.reason for one in reversed(module.rules.framework.without_rule) for name in one.names}


def _one_of(module: Module, node: ast.expr, paths: Collection[str]) -> str | None:
    """What ``node`` may stand for that is one of ``paths``."""
    return next((name for name in sorted(module.resolve(node).names) if _path(module, name) in paths), None)


def _path(module: Module, name: str) -> str:
    """``name`` below Keras, or whole where it is not Keras'."""
    return module.rules.keras_path(name) or module.rules.canonical(name)
