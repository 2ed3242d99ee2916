"""Finds the optimizers that no rule converts, and the file's own classes on the base class of optimizers.

They are sites too: passed over without a word, a file would look finished that is not.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tf2ms_opt.diagnostics import Finding, finding
from tf2ms_opt.framework_rules import WithoutRule
from tf2ms_opt.trace.module import Module


def unruled(module: Module) -> Iterator[tuple[ast.expr, str, Finding]]:
    """The expression that builds or extends such an optimizer, what it is of, and why it is left."""
    for node in {node: None for uses in module.index.uses.values() for _, node in uses}:
        parent = module.index.parents[node]
        if isinstance(parent, ast.Call) and parent.func is node:
            for name in sorted(module.resolve(node).names):
                if (entry := _without_rule(module, name)) is not None:
                    source = module.rules.canonical(name)
                    yield (
                        parent,
                        source,
                        finding("no-rule", *module.position(parent), source=source, reason=entry.reason),
                    )
                    break
        elif isinstance(parent, ast.ClassDef) and node in parent.bases:
            for name in sorted(module.resolve(node).names):
                if _path(module, name) in module.rules.framework.base_classes:
                    details = {"source": module.rules.canonical(name), "name": parent.name}
                    found = finding("indirect-reference/subclass", *module.position(node), **details)
                    yield node, details["source"], found
                    break


def _without_rule(module: Module, name: str) -> WithoutRule | None:
    path = _path(module, name)
    return next((one for one in module.rules.framework.without_rule if path in one.names), None)


def _path(module: Module, name: str) -> str:
    """``name`` below Keras, or whole where it is not Keras'."""
    return module.rules.keras_path(name) or module.rules.canonical(name)
