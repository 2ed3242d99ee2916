"""Optimizer classes of the file itself: what each of their methods becomes on MindSpore's base class.

They are left; what is said is for the person who writes them anew.
"""

from __future__ import annotations

import ast

from tf2ms_opt.diagnostics import Finding, finding
from tf2ms_opt.trace.module import Module

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def subclass(module: Module, base: ast.expr, node: ast.ClassDef, source: str) -> Finding:
    """What to write for the class ``node`` on ``base``, which is ``source``."""
    guide = module.rules.framework.own_optimizer
    known = {name: one.becomes for one in guide.method for name in one.names}
    found: dict[str, list[str]] = {}
    for method in node.body:
        if isinstance(method, _FUNCTIONS) and method.name in known:
            line = module.position(method)[0]
            found.setdefault(known[method.name], []).append(f"{method.name} (line {line})")
    rules = {one.rule.name: one for one in module.rules.named(source) if one.rule.kind == "optimizer"}
    target = next((one.target.name.replace("mindspore.", "") for one in rules.values() if one.target.name), "")
    place = module.position(base)
    parts = "; ".join(becomes.format(methods=", ".join(methods)) for becomes, methods in found.items())
    help_ = guide.help.format(name=node.name)
    details = {"source": source, "name": node.name, "parts": parts or guide.nothing}
    if target:
        return finding("indirect-reference/subclass-of", *place, help=help_, target=target, **details)
    return finding("indirect-reference/subclass", *place, help=help_, **details)
