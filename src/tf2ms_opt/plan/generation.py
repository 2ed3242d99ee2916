"""Decides which TensorFlow generation a file is written for: by name, option, arguments, pins, in this order."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from tf2ms_opt.generations import LEGACY, TF_1, generation_of_tensorflow
from tf2ms_opt.options import Options, says_generation
from tf2ms_opt.plan.found import Found
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
    """The API's own path, what the user says, arguments of one generation only, the project's pins; else the newest."""
    open_sites = [site for site in sites if len(_generations(site)) > 1]
    told: dict[Found, Candidate] = {site: site.candidates[0] for site in sites if len(_generations(site)) == 1}
    generation, told_by, assumed = _of_file(module, open_sites, options)
    for site in open_sites:
        every = _generations(site)
        own = every if says_generation(options) else _by_arguments(module, [site], every)[0]
        wanted = generation if generation in own else _newest(own, module)
        wanted = site.instead.get(wanted, wanted)
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
    if (said := _said(options, possible)) is not None and said[0] in possible:
        return *said, False
    accepted, because = _by_arguments(module, sites, possible)
    if len(accepted) == 1:
        return accepted.pop(), because, False
    older, told = _by_age(module, accepted)
    if options.pinned_generation in older:
        return options.pinned_generation, options.pinned_by, False
    if told is not None:  # such code was written for the oldest of them, and some still ran with the next
        return _oldest(older, module), told, False
    return _newest(accepted, module), because or "the default", not because


def _said(options: Options, possible: set[str]) -> tuple[str, str] | None:
    """The generation that the user named, and how; the Keras of TensorFlow 1 is a legacy one."""
    if options.generation is not None:
        old = options.generation == TF_1 and TF_1 not in possible
        return LEGACY if old else options.generation, f"the setting generation = {options.generation}"
    if options.tf_version is not None:
        return generation_of_tensorflow(options.tf_version), f"--tf-version {options.tf_version}"
    return None


def _by_age(module: Module, possible: set[str]) -> tuple[set[str], str | None]:
    """The generations that have all the modules and keywords of Keras that the file uses, and which of them told."""
    left, because = set(possible), None
    found = [*_modules(module), *_keywords(module)]
    for one in module.rules.framework.older:
        for name, node in found:
            known = name in one.arguments or any(f"{name}.".startswith(f"{place}.") for place in one.modules)
            if known and left & set(one.generations) and not left <= set(one.generations):
                left &= set(one.generations)
                because = f"{name} in line {module.position(node)[0]}"
    return left, because


def _modules(module: Module) -> Iterator[tuple[str, ast.stmt | ast.keyword]]:
    """The modules that the file imports, or imports from: the paths below Keras, and whole names beside it."""
    for statement in module.index.moments:
        if not isinstance(statement, (ast.Import, ast.ImportFrom)):
            continue
        names = [alias.name for alias in statement.names]
        if isinstance(statement, ast.ImportFrom):
            names = [f"{statement.module}.{name}" for name in names if not statement.level]
        for name in map(module.rules.canonical, names):
            if module.rules.from_framework(name):
                yield module.rules.keras_path(name) or name, statement


def _keywords(module: Module) -> Iterator[tuple[str, ast.stmt | ast.keyword]]:
    """The keywords of layers, and of methods with a name of Keras' model."""
    steps = {*module.rules.step.method, *module.rules.step.without}
    for call in module.index.calls:
        method = isinstance(call.func, ast.Attribute) and call.func.attr in steps
        if call.keywords and (method or (module.keras_path(call.func) or "").startswith("layers.")):
            yield from ((keyword.arg, keyword) for keyword in call.keywords if keyword.arg is not None)


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


def _oldest(generations: set[str], module: Module) -> str:
    return next(name for name in module.rules.framework.generation if name in generations)


def _newest(generations: set[str], module: Module) -> str:
    """The newest of ``generations``: the framework table lists them from old to new."""
    return [name for name in module.rules.framework.generation if name in generations][-1]
