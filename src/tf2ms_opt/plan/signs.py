"""Keeps the calls that alone tell of which generation something is that is left.

Once such a call is converted, the next run would take what is left for another generation, and convert it so.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from tf2ms_opt.diagnostics import Finding, finding
from tf2ms_opt.options import Options
from tf2ms_opt.plan.drafts import Drafter
from tf2ms_opt.plan.entries import EntryDrafter
from tf2ms_opt.plan.found import Found
from tf2ms_opt.plan.generation import Verdict, decide
from tf2ms_opt.plan.imports import Aliases
from tf2ms_opt.plan.signature import LeftError
from tf2ms_opt.trace.module import Module


def only_signs(
    module: Module,
    found: Sequence[Found],
    done: Collection[Found],
    verdict: Verdict,
    options: Options,
    names: Aliases,
) -> dict[Found, Finding]:
    """A site among ``done`` that has to stay for what it tells of one that is left, and why; none in most files."""
    left = [site for site in found if site not in done]
    if not left or len(left) == len(found):
        return {}
    alone = decide(module, left, options)
    changed = [site for site in left if alone.candidates.get(site) != verdict.candidates.get(site)]
    changing = _first_converted(module, changed, alone, options, names)
    if changing is None:
        return {}
    line, _ = module.position(changing.node)
    for site in (one for one in found if one in done):
        with_it = decide(module, [*left, site], options)
        if with_it.candidates[changing] != alone.candidates[changing]:
            generation, other = (one.candidates[changing].generation for one in (verdict, alone))
            place = module.position(site.node)
            return {site: finding("generation-lost", *place, line=line, generation=generation, other=other)}
    return {}


def _first_converted(
    module: Module, sites: Sequence[Found], verdict: Verdict, options: Options, names: Aliases
) -> Found | None:
    """The first of ``sites`` that could be converted as what ``verdict`` takes it for."""
    drafter = Drafter(module, options, names)
    entries = EntryDrafter(drafter)
    for site in sites:
        if site.left is not None:
            continue
        try:
            if site.entry is not None and site.indirect is not None:
                entries.draft(site, verdict.candidates[site], site.entry, site.indirect)
            else:
                drafter.draft(site, verdict.candidates[site])
        except LeftError:
            continue
        return site
    return None
