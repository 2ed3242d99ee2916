"""Settles what sites share: a schedule under a name, and the classes that the same calls may build.

All that share it are converted, or none of them is.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable

from tf2ms_opt.diagnostics import Finding, finding
from tf2ms_opt.plan.drafts import Draft
from tf2ms_opt.plan.sites import Found
from tf2ms_opt.trace.module import Module


def settle(module: Module, drafts: dict[Found, Draft | Finding]) -> None:
    """Leave every draft that shares something with one that is left."""
    while _settle_schedules(module, drafts) or _settle_entries(module, drafts):
        pass


def _settle_schedules(module: Module, drafts: dict[Found, Draft | Finding]) -> bool:
    """A schedule under a name is converted with all the optimizers that use it, or none of them is."""
    taken = {node for draft in drafts.values() if isinstance(draft, Draft) for node in draft.kept}
    for site, draft in drafts.items():
        for schedule, _ in draft.schedules if isinstance(draft, Draft) else ():
            others = [use for use in _readers(module, schedule.key or "", schedule.call) if use not in taken]
            if others:
                line = module.position(others[0])[0]
                place = module.position(site.node)
                drafts[site] = finding("unsupported-value/schedule-shared", *place, name=schedule.key, line=line)
                return True
    return False


def _settle_entries(module: Module, drafts: dict[Found, Draft | Finding]) -> bool:
    """The classes that the same calls may build are converted together, or none of them is."""
    done = {one for site, draft in drafts.items() if isinstance(draft, Draft) for one in (site.expression, site.call)}
    for site, draft in drafts.items():
        if site.indirect is not None and isinstance(draft, Draft):
            needed = [(entry.node, entry.reference) for entry in site.indirect.entries]
            needed += [(call, call) for call in site.indirect.direct]
            missing = next((said for node, said in needed if node not in done), None)
            if missing is not None:
                details = {"source": site.source, "other": module.text(missing)}
                drafts[site] = finding("indirect-reference/together", *module.position(site.node), **details)
                return True
    return False


def _readers(module: Module, key: str, call: ast.Call) -> Iterable[ast.expr]:
    """Every place that may read the schedule; an attribute may be read through any object."""
    if "." not in key:
        return module.readers(key, call)
    attribute = key.rpartition(".")[2]
    found = [use for other, uses in module.index.uses.items() if other.endswith(f".{attribute}") for _, use in uses]
    deeper = {module.index.parents[use] for use in found}
    return [use for use in found if use not in deeper]
