"""Decides which TensorFlow generation a file is written for: by name, option, arguments, pins, in this order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tf2ms_opt.generations import generation_of_tensorflow
from tf2ms_opt.options import Options
from tf2ms_opt.plan.sites import Found
from tf2ms_opt.rules import Action
from tf2ms_opt.ruleset import Candidate
from tf2ms_opt.trace.module import Module


@dataclass(frozen=True, slots=True)
class Verdict:
    """The candidate taken for each site, and what the report says of the file."""

    candidates: Mapping[Found, Candidate]
    generation: str | None
    told_by: str | None
    assumed: bool


def decide(module: Module, sites: Sequence[Found], options: Options) -> Verdict:
    """The API's own path, --tf-version, arguments of one generation only, the project's pins; else the newest."""
    open_sites = [site for site in sites if len(_generations(site)) > 1]
    told: dict[Found, Candidate] = {site: site.candidates[0] for site in sites if len(_generations(site)) == 1}
    generation, told_by, assumed = _of_file(module, open_sites, options)
    for site in open_sites:
        own = _by_arguments(module, [site], _generations(site))[0] if options.tf_version is None else _generations(site)
        wanted = generation if generation in own else _newest(own, module)
        told[site] = next(one for one in site.candidates if one.generation == wanted)
    if not open_sites and told:
        first = next(site for site in sites if site in told)
        generation, told_by = told[first].generation, f"the name {first.source}"
    return Verdict(told, generation, told_by, assumed)


def _of_file(module: Module, sites: Sequence[Found], options: Options) -> tuple[str | None, str | None, bool]:
    if not sites:
        return None, None, False
    possible = set[str].intersection(*(_generations(site) for site in sites)) or set[str]().union(
        *map(_generations, sites)
    )
    if options.tf_version is not None:
        generation = generation_of_tensorflow(options.tf_version)
        if generation in possible:
            return generation, f"--tf-version {options.tf_version}", False
    accepted, because = _by_arguments(module, sites, possible)
    if len(accepted) == 1:
        return accepted.pop(), because, False
    if options.pinned_generation in accepted:
        return options.pinned_generation, options.pinned_by, False
    return _newest(accepted, module), because or "the default", not because


def _by_arguments(module: Module, sites: Sequence[Found], possible: set[str]) -> tuple[set[str], str | None]:
    """The generations that accept the keywords of every call, and the keyword that told."""
    left = set(possible)
    because = None
    for site in sites:
        for keyword in site.call.keywords if site.call is not None else ():
            if keyword.arg is None:
                continue
            takes = {one.generation for one in site.candidates if _accepts(one, keyword.arg)}
            if takes and left & takes and not left <= takes:
                left &= takes
                because = f"{keyword.arg}= in line {module.position(keyword)[0]}"
    return left, because


def _accepts(candidate: Candidate, name: str) -> bool:
    parameter = candidate.parameter(name)
    return parameter is not None and parameter.action not in (Action.IGNORED, Action.ERROR)


def _generations(site: Found) -> set[str]:
    return {candidate.generation for candidate in site.candidates}


def _newest(generations: set[str], module: Module) -> str:
    """The newest of ``generations``: the framework table lists them from old to new."""
    return [name for name in module.rules.framework.generation if name in generations][-1]
