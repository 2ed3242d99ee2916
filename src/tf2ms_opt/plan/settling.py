"""Settles what sites share: a schedule under a name, and the classes that the same calls may build.

All that share it are converted, or none of them is.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import replace

from tf2ms_opt.diagnostics import Finding, finding
from tf2ms_opt.neighbours import Neighbours
from tf2ms_opt.plan.drafts import Draft
from tf2ms_opt.plan.found import Found
from tf2ms_opt.plan.imports import Aliases
from tf2ms_opt.plan.readings import Reading
from tf2ms_opt.plan.settled import readings, unsettled
from tf2ms_opt.plan.suppressed import lost_comment
from tf2ms_opt.trace.module import Module
from tf2ms_opt.trace.scopes import dotted


def settle(module: Module, names: Aliases, drafts: dict[Found, Draft | Finding], neighbours: Neighbours) -> None:
    """Leave every draft that shares something with one that is left, and take in what reads the schedules of others."""
    while (left := _left_schedules(module, names, drafts, neighbours)) or _settle_together(module, drafts):
        drafts |= left
    for site, uses in _readings(module, names, drafts).items():
        for one in uses.values():
            draft = drafts[site]
            if isinstance(draft, Draft):
                drafts[site] = replace(
                    draft,
                    splices=(*draft.splices, *one.splices),
                    gone=(*draft.gone, *one.gone),
                    needs=draft.needs | one.needs,
                )


def _live(drafts: Mapping[Found, Draft | Finding]) -> dict[Found, Draft]:
    return {site: draft for site, draft in drafts.items() if isinstance(draft, Draft)}


def _taken(drafts: Mapping[Found, Draft]) -> set[ast.expr]:
    """The expressions that are converted with the optimizers."""
    return {node for draft in drafts.values() for node in (*draft.kept, *draft.flow.passed)}


def _readings(
    module: Module, names: Aliases, drafts: Mapping[Found, Draft | Finding]
) -> dict[Found, dict[ast.expr, Reading]]:
    """Where the file itself calls the schedules of its optimizers."""
    live = _live(drafts)
    taken = _taken(live)
    return {site: readings(module, names, draft.flow, taken) for site, draft in live.items()}


def _left_schedules(
    module: Module, names: Aliases, drafts: Mapping[Found, Draft | Finding], neighbours: Neighbours
) -> dict[Found, Draft | Finding]:
    """A schedule is converted with everything that it goes to, or none of that is."""
    live = _live(drafts)
    read = _readings(module, names, drafts)
    taken = _taken(live) | {use for uses in read.values() for use in uses}
    lost: dict[Found, Draft | Finding] = {
        site: finding("line-kept/lost", *module.position(site.node), line=line)
        for site, uses in read.items()
        if (line := lost_comment(module, [splice for one in uses.values() for splice in one.splices])) is not None
    }
    if lost:
        return lost
    found = {
        site: unsettled(module, draft.flow, taken, module.position(site.node), neighbours)
        for site, draft in live.items()
    }
    return {site: why for site, why in found.items() if why is not None}


def _settle_together(module: Module, drafts: dict[Found, Draft | Finding]) -> bool:
    """Leave one more site that would be converted without another one that the same calls may build."""
    return _settle_entries(module, drafts) or _settle_registries(module, drafts)


def _settle_registries(module: Module, drafts: dict[Found, Draft | Finding]) -> bool:
    """The functions that are called out of one dictionary gain their parameter together, or none of them does."""
    factories = {site: draft.factory for site, draft in _live(drafts).items() if draft.factory is not None}
    changed = {name for factory in factories.values() for name in factory.changed}
    for site, factory in factories.items():
        together = (one.name for registry in factory.registries for one in registry.functions)
        missing = next((name for name in together if name not in changed), None)
        if missing is not None:
            why = f"{missing}(), which the same calls may run, returns no optimizer that is converted"
            details = {"function": factory.function.name, "why": why}
            drafts[site] = finding("params-unknown/factory-callers", *module.position(site.node), **details)
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
                details = {"source": site.source, "other": dotted(missing) or module.text(missing)}
                drafts[site] = finding("indirect-reference/together", *module.position(site.node), **details)
                return True
    return False
