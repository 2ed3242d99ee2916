"""What the plan of one file tells about the others of its run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from tf2ms_opt.neighbours import Across, Signature
from tf2ms_opt.options import Options, converts_steps
from tf2ms_opt.plan.drafts import Draft
from tf2ms_opt.plan.foreign import Foreign
from tf2ms_opt.plan.found import Found
from tf2ms_opt.plan.handings import handings
from tf2ms_opt.plan.imports import Aliases
from tf2ms_opt.plan.settled import exported
from tf2ms_opt.plan.step.checks import returns_other
from tf2ms_opt.plan.step.steps import Steps
from tf2ms_opt.plan.takers import stepped
from tf2ms_opt.trace.module import Module
from tf2ms_opt.trace.scopes import FunctionNode
from tf2ms_opt.trace.uses import receivers


def across(
    module: Module, sites: Iterable[Found], steps: Steps, foreign: Foreign, options: Options, names: Aliases | None
) -> Across:
    """What the optimizers of ``steps`` among ``sites`` have to do with other files, and calls of functions there.

    ``names`` is what the result calls MindSpore's classes.
    """
    done = steps.drafts
    return Across(
        signatures=tuple(_signatures(module, done, foreign)),
        refused=tuple(foreign.refused),
        handings=handings(module, sites, options.neighbours.gains, done, names),
        stepped=tuple(stepped(module, done, steps.losses, converts=converts_steps(options))),
    )


def _signatures(module: Module, done: Mapping[Found, Draft], foreign: Foreign) -> Iterator[Signature]:
    """Every function that gains a parameter once, whatever it returns."""
    converted = {one for site in done for one in (site.expression, *site.built)}
    known: set[str] = set()
    for draft in done.values():
        for function in draft.factory.changed if draft.factory is not None else ():
            if function and function not in known and draft.factory is not None:
                known.add(function)
                mixed = returns_other(module, draft.factory.function, converted)
                candidate = draft.candidate
                yield Signature(
                    function, candidate.rule.name, candidate.generation, draft.scheduled, draft.wrapped, mixed,
                    derived=_has_foreign_base(module, draft.factory.function),
                )  # fmt: skip
        registries = draft.factory.registries if draft.factory is not None else ()
        names = dict.fromkeys([*draft.exported, *receivers(module, draft.uses), *exported(draft.flow)], False)
        names |= dict.fromkeys((one.register for one in registries), False)
        names |= dict.fromkeys((one.table for one in registries), True)
        for name in (one for one in names if one and one not in known):
            known.add(name)
            table, candidate = names[name], draft.candidate
            yield Signature(
                name, candidate.rule.name, candidate.generation, table and draft.scheduled, table and draft.wrapped,
                called=table, table=table,
            )  # fmt: skip
    for function, gain in foreign.changed.items():
        if function and function not in known:
            yield replace(gain.signature, function=function)


def _has_foreign_base(module: Module, function: FunctionNode) -> bool:
    """Whether a method's class has a base class that is neither of this file nor of TensorFlow."""
    owner = module.index.enclosing_class(function)
    bases = [base for one in (owner, *module.relatives(owner)) for base in one.bases] if owner is not None else []
    names = {name for base in bases for name in module.resolve(base).names}
    return any(not module.rules.from_framework(name) for name in names)
