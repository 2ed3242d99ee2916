"""Puts the decisions for all sites of a module together: one plan of edits, sites and findings.

Every site is drafted by itself; what two sites share (a schedule, a factory, an import) is settled here.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from tf2ms_opt.diagnostics import Finding, Severity, finding
from tf2ms_opt.facts import Splice
from tf2ms_opt.neighbours import NOTHING, Across
from tf2ms_opt.options import Options, converts_steps
from tf2ms_opt.outcomes import Runtime, Site, SiteOutcome
from tf2ms_opt.plan.across import across
from tf2ms_opt.plan.custom.classes import is_own_schedule
from tf2ms_opt.plan.drafts import IN_THE_LOSS, Draft, Drafter
from tf2ms_opt.plan.entries import EntryDrafter
from tf2ms_opt.plan.factories import Factories
from tf2ms_opt.plan.foreign import foreign_calls
from tf2ms_opt.plan.found import Found
from tf2ms_opt.plan.generation import Verdict, decide
from tf2ms_opt.plan.imports import added_import, aliases, removed_imports, runtime_module
from tf2ms_opt.plan.schedules import Schedule
from tf2ms_opt.plan.settling import settle
from tf2ms_opt.plan.signature import LeftError
from tf2ms_opt.plan.signs import only_signs
from tf2ms_opt.plan.sites import find
from tf2ms_opt.plan.step.steps import Steps, convert_steps
from tf2ms_opt.plan.suppressed import keeping, lost_comment, suppressions, untouched
from tf2ms_opt.plan.takers import received
from tf2ms_opt.suppressions import Ignore
from tf2ms_opt.trace.module import Module
from tf2ms_opt.trace.reaching import owner


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done to a module, and what there is to say about it."""

    splices: tuple[Splice, ...] = ()
    sites: tuple[Site, ...] = ()
    findings: tuple[Finding, ...] = ()
    generation: str | None = None
    told_by: str | None = None
    runtime: Runtime | None = None
    #: the comments for which a site or a line stays as it is
    kept_by: frozenset[Ignore] = frozenset()
    #: what it tells about other files
    across: Across = NOTHING


def plan(module: Module, options: Options, path: str) -> Plan:
    """Decide on every site of ``module``, but for what its comments suppress."""
    decided = _settled(module, options, path)
    comments = module.cached(suppressions)
    whole = all(name.startswith("TMO") for name in (*options.select, *options.ignore))
    sites, findings = comments.reported(decided.sites, decided.findings, decided.kept_by, whole=whole)
    ordered = tuple(sorted(dict.fromkeys(findings), key=lambda one: (one.line, one.column, one.code)))
    return replace(decided, sites=sites, findings=ordered)


def _settled(module: Module, options: Options, path: str) -> Plan:
    """The plan that nothing is learned from any more."""
    known = Learned()
    first, again = _plan(module, options, path, known)
    while again.signs != known.signs:
        known = Learned(signs=again.signs)
        first, again = _plan(module, options, path, known)
    # Where our class takes the name of one that is no longer imported, it is planned again under that name; and where
    # a step stays, a regularizer that would have gone into its loss is planned again as weight decay.
    if again.staying:
        first, last = _plan(module, options, path, again)
        again = Learned(last.released, again.staying, again.signs)
    return _plan(module, options, path, again)[0] if again.released else first


@dataclass(frozen=True, slots=True)
class Learned:
    """What one planning of a module tells the next one."""

    #: names of removed imports that something of the result could have
    released: frozenset[str] = frozenset()
    #: optimizers with regularizers whose step stays TensorFlow's
    staying: frozenset[ast.expr] = frozenset()
    #: sites that are left because they alone tell the generation of others, and what is said of them
    signs: Mapping[Found, Finding] = field(default_factory=dict)


def _plan(module: Module, options: Options, path: str, known: Learned) -> tuple[Plan, Learned]:
    """The plan, and what it is to know that it did not."""
    everything = module.cached(find)
    found, kept = _wanted(module, everything, options)
    gains, taken = options.neighbours.gains, received(module, options.neighbours.received)
    if not found and not gains and not taken:
        return Plan(kept_by=kept), known
    verdict = decide(module, found, options)
    runtime = runtime_module(module, options)
    foreign = foreign_calls(
        module, Factories(module, options.neighbours), gains, converts=converts_steps(options)
    )  # fmt: skip
    if not found and not foreign.drafts and not taken:
        return Plan(kept_by=kept, across=across(module, everything, Steps({}), foreign, options, None)), known
    places = [module.source.start(site.node) for site in (*found, *foreign.drafts, *taken)]
    places += [module.source.start(node) for node in module.classes if is_own_schedule(module, node)]
    names = aliases(module, min(places), runtime, known.released)
    drafts, yielded = _drafts(module, Drafter(module, options, names, known.staying), verdict, found, known.signs)
    kept |= yielded
    settle(module, names, drafts, options.neighbours)
    done = {site: draft for site, draft in drafts.items() if isinstance(draft, Draft)} | foreign.drafts | taken
    steps = Steps(done)
    if converts_steps(options):
        steps = convert_steps(module, done, [site for site in everything if site not in done], names, options)
        done = steps.drafts
        drafts |= {site: draft for site, draft in done.items() if site in drafts}
    splices = _distinct([
        *(splice for draft in done.values() for splice in draft.splices), *steps.splices
    ])  # fmt: skip
    gone = {
        name
        for nodes in (*(draft.gone for draft in done.values()), *(one.gone for one in steps.edits))
        for node in nodes for name in ast.walk(node) if isinstance(name, ast.Name)
    }  # fmt: skip
    free: frozenset[str] = frozenset()
    if splices:
        first = min(splice.start for splice in splices)
        needed = {need for draft in done.values() for need in draft.needs} | steps.needs
        added = added_import(module, names, needed, first)
        if not path.endswith("__init__.py"):
            excerpt = any(not _bound(module, name) for draft in done.values() for name in draft.models)
            removed, unbound = removed_imports(module, gone, excerpt=excerpt)
            if blocked := untouched(module, removed):
                kept |= {blocked}
                removed = tuple(one for one in removed if untouched(module, [one]) is None)
                unbound = frozenset()
            splices += removed
            other = {one for one in needed if names.names[one] != one.rpartition(".")[2]}
            free = unbound & {one.rpartition(".")[2] for one in other}
        splices += [added] if added is not None else []
    sites = tuple(_site(module, site, drafts[site]) for site in found)
    findings = (
        *_file_findings(module, found, done, verdict),
        *(one for draft in drafts.values() for one in _findings(draft)),
        *(one for site in (*foreign.drafts, *taken) for one in _findings(done[site])),
    )
    parts = _runtime(runtime, done.values(), steps)
    generation, told_by = verdict.generation, verdict.told_by
    if not found and foreign.drafts:
        generation, told_by = gains[0].signature.generation, gains[0].path
    elif not found:
        generation, told_by = options.neighbours.received[0].handed.generation, "its callers in other files"
    told = across(module, everything, steps, foreign, options, names)
    decided = Plan(tuple(splices), sites, findings, generation, told_by, parts, kept | steps.kept_by, told)
    signs = {**known.signs, **only_signs(module, found, done, verdict, options, names)}
    return decided, Learned(free, _staying(done), signs)


def _staying(done: Mapping[Found, Draft]) -> frozenset[ast.expr]:
    """The optimizers whose regularizers would have gone into a loss that stays TensorFlow's."""
    return frozenset(
        one
        for site, draft in done.items() for one in site.built
        if any(IN_THE_LOSS in one.message for one in draft.findings)
    )  # fmt: skip


def _runtime(name: str, done: Iterable[Draft], steps: Steps) -> Runtime | None:
    """What the drafts and their steps need of the runtime module."""
    prefix = f"{name}."
    needs = {need for draft in done for need in draft.needs} | steps.needs
    classes = {need.removeprefix(prefix) for need in needs if need.startswith(prefix)}
    return Runtime(name, tuple(sorted(classes))) if classes else None


def _bound(module: Module, model: ast.expr) -> bool:
    """Whether the name of ``model`` is bound in this file at all; an excerpt uses names it does not bind."""
    root = next((node for node in ast.walk(model) if isinstance(node, ast.Name)), None)
    return root is None or root.id == "super" or owner(module.index.scope(root), root.id) is not None


def _wanted(module: Module, sites: Sequence[Found], options: Options) -> tuple[list[Found], frozenset[Ignore]]:
    """The sites to convert, and the comments for which others stay as they are."""
    kept_by = {site: kept for site in sites if (kept := keeping(module, site))}
    found = [site for site in sites if site not in kept_by and _selected(site, options)]
    return found, frozenset(one for kept in kept_by.values() for one in kept)


def _selected(site: Found, options: Options) -> bool:
    """Rule names in select and ignore choose sites; codes choose findings, later."""
    name = site.rule.name if site.rule is not None else None
    wanted = [one for one in options.select if not one.startswith("TMO")]
    return name not in options.ignore and (not wanted or name in wanted)


def _drafts(
    module: Module, drafter: Drafter, verdict: Verdict, found: Iterable[Found], signs: Mapping[Found, Finding]
) -> tuple[dict[Found, Draft | Finding], frozenset[Ignore]]:
    """Every site by itself, and the comments for which one of them is left."""
    entries = EntryDrafter(drafter)
    drafts: dict[Found, Draft | Finding] = {}
    kept: frozenset[Ignore] = frozenset()
    for site in found:
        drafts[site] = signs.get(site) or _draft(drafter, entries, site, verdict)
        kept |= _yield_to_comments(module, drafts, site)
    return drafts, kept


def _draft(drafter: Drafter, entries: EntryDrafter, site: Found, verdict: Verdict) -> Draft | Finding:
    if site.left is not None:
        return site.left
    try:
        if site.entry is not None and site.indirect is not None:
            return entries.draft(site, verdict.candidates[site], site.entry, site.indirect)
        return drafter.draft(site, verdict.candidates[site])
    except LeftError as left:
        return left.finding


def _yield_to_comments(module: Module, drafts: dict[Found, Draft | Finding], site: Found) -> frozenset[Ignore]:
    """Leave a site whose conversion would change a line that a comment keeps; the comments that do."""
    draft = drafts[site]
    if isinstance(draft, Finding):
        return frozenset()
    schedules = [one for one in draft.flow.schedules if isinstance(one, Schedule)]
    found = {one for schedule in schedules for one in keeping(module, schedule)}
    if blocked := untouched(module, draft.splices):
        found.add(blocked)
    if found:
        line = min(one.line for one in found)
        drafts[site] = finding("line-kept", *module.position(site.node), line=line)
    elif (lost := lost_comment(module, draft.splices)) is not None:
        drafts[site] = finding("line-kept/lost", *module.position(site.node), line=lost)
    return frozenset(found)


def _distinct(splices: Sequence[Splice]) -> list[Splice]:
    """A factory's edits come with each of its optimizers, and are made once."""
    return list(dict.fromkeys(splices))


def _findings(draft: Draft | Finding) -> tuple[Finding, ...]:
    return draft.findings if isinstance(draft, Draft) else (draft,)


def _site(module: Module, found: Found, draft: Draft | Finding) -> Site:
    line, column = module.position(found.node)
    findings = _findings(draft)
    evidence: tuple[int, ...] = ()
    if isinstance(draft, Finding):
        outcome, params, target = SiteOutcome.LEFT, None, None
    else:
        asked = any(one.severity in (Severity.REVIEW, Severity.LEFT) for one in findings)
        outcome = SiteOutcome.REVIEW if asked else SiteOutcome.CONVERTED
        params, target = draft.params, draft.choice.name.lstrip(".")
        if draft.claim is not None and draft.claim.finding in findings:  # converting the step may have withdrawn it
            evidence = draft.claim.rows
    rule = found.rule.name if found.rule is not None else None
    codes = tuple(sorted({one.code for one in findings}))
    return Site(line, column, found.source, target, rule, outcome, params, codes, evidence=evidence)


def _file_findings(
    module: Module, found: Sequence[Found], done: dict[Found, Draft], verdict: Verdict
) -> Iterable[Finding]:
    """What is said beside the sites: an assumed generation, and the training steps that are still TensorFlow's."""
    first = next((site for site in found if site in done), None)  # a file may have calls of others' functions alone
    if verdict.assumed and first is not None:
        yield finding("generation-assumed", *module.position(first.node), generation=verdict.generation)
    steps = dict.fromkeys(draft.step for draft in done.values() if draft.step is not None)
    for step in steps:
        call = module.text(step.func)
        yield finding("training-step-remains", *module.position(step), call=f"{call}(...)")
