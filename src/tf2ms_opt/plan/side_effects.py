"""What other code of the file does to an optimizer's parameters or its learning rate, behind its back."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence

from tf2ms_opt.diagnostics import Finding, finding
from tf2ms_opt.plan.between import begins
from tf2ms_opt.plan.edits import SiteFacts
from tf2ms_opt.plan.reached import OVERRIDES, own_attribute, reached
from tf2ms_opt.trace.handed import taker_of
from tf2ms_opt.trace.held import classes_of
from tf2ms_opt.trace.models import certain_model
from tf2ms_opt.trace.module import Module
from tf2ms_opt.trace.scopes import BindingKind, Scope, dotted
from tf2ms_opt.trace.uses import Use, UseKind

_RATE = {"lr", "learning_rate", "iterations", "decay", "momentum"}


def other_uses(module: Module, site: SiteFacts, *, converts: bool) -> list[Finding]:
    """What else the file does with the optimizer, and with the models' freedom to train.

    ``converts`` tells that training steps are converted in this run.
    """
    notes = []
    every = (*site.uses, *(use for one in site.origin.built for use in one.uses))
    for use in every:
        line = module.position(use.node)[0]
        match use.kind:
            case UseKind.WRAPPED:
                notes.append(finding("wrapped-optimizer", *module.position(use.node), wrapper=use.detail))
            case UseKind.ATTRIBUTE:
                notes.append(
                    finding("optimizer-used-elsewhere/attribute", *site.place, attribute=use.detail, line=line)
                )
            case UseKind.PASSED:
                notes.append(finding("optimizer-used-elsewhere/passed", *site.place, callee=use.detail, line=line))
            case UseKind.CONTAINER | UseKind.OTHER | UseKind.CUSTOM_COMPILE if use.node is not site.found.expression:
                notes.append(finding("optimizer-used-elsewhere/other", *site.place, line=line))
            case _:
                pass
    notes += handed_over(module, site.uses, site.origin.text, converts=converts)
    for one in site.origin.built:
        notes += handed_over(module, one.uses, one.parameters.text, converts=converts)
    origin = site.origin
    trained = [(origin.step, origin.names[0] if origin.names else origin.text)]
    names = (*origin.names, *(name for one in origin.built for name in one.parameters.model_texts))
    for step, model in [*trained, *((other.step, other.model_texts[0]) for other in origin.told)]:
        if frozen := freeze(module, step):
            notes.append(finding("frozen-parameters", *site.place, model=model, line=frozen))
    unseen = [one for one in origin.models if not certain_model(module, one)]
    if module.told.freezes and unseen and not any(one.name == "frozen-parameters" for one in notes):
        places = {"model": module.text(unseen[0]), "places": ", ".join(module.told.freezes)}
        notes.append(finding("frozen-parameters/elsewhere", *site.place, **places))
    behind = _behind_its_back(module, site, names)
    notes += [finding(f"optimizer-used-elsewhere/{key}", *site.place, **details) for key, details in behind]
    return list(dict.fromkeys(notes))


def handed_over(module: Module, uses: Iterable[Use], params: str, *, converts: bool) -> Iterator[Finding]:
    """What functions of other files do with the optimizer of ``params`` that is handed to them."""
    for use in uses:
        taker = taker_of(module, use.call, use.node) if use.kind is UseKind.HANDED else None
        if taker is None or use.call is None:
            continue
        place, step = module.position(use.call), {"call": taker.call, "path": taker.path}
        if taker.unknown:
            yield finding("optimizer-used-elsewhere/passed", *place, callee=use.detail, line=place[0])
        elif not converts:
            yield finding("training-step-remains/elsewhere", *place, line=taker.line, **step)
        elif taker.left:
            yield finding("step-left/elsewhere", *place, why=taker.left, line=taker.line, **step)
        else:
            yield finding("handed-over", *place, function=use.detail, params=params, line=taker.line, **step)


def freeze(module: Module, step: ast.Call | None) -> int | None:
    """The line of a ``X.trainable = False`` that may be in force where the optimizer is used (at ``step``).

    In the same function it has to come before; a freeze in a function of its own counts wherever it stands.
    """
    index = module.index
    used_in = index.scope(step) if step is not None else None
    for scope, binding in module.freezes:
        if binding.statement is None:
            continue
        line = module.position(binding.statement)[0]
        if scope is not used_in and not (scope is index.top and step is None):
            if isinstance(binding.value, ast.Constant) and not _frozen_for(module, scope, binding.key, step):
                continue  # another function's own freeze of its own model
            return line  # a helper such as set_trainable(model, flag), or one that freezes what it is given
        if step is None or binding.moment < begins(module, step):
            return line
    return None


def _frozen_for(module: Module, helper: Scope, key: str, step: ast.Call | None) -> bool:
    """Whether ``helper`` freezes a model that it is given (as ``key``), and the function of ``step`` calls it first."""
    root, _, rest = key.partition(".")
    if rest != "trainable" or not any(one.kind is BindingKind.PARAMETER for one in helper.bindings.get(root, ())):
        return False
    return any(
        any(binding.node is helper.node for binding in module.origins(call.func))
        and (step is None or module.index.scope(call) is module.index.scope(step))
        and (step is None or begins(module, call) < begins(module, step))
        for call in module.index.calls
    )


def _behind_its_back(module: Module, site: SiteFacts, names: Sequence[str]) -> Iterator[tuple[str, dict[str, str]]]:
    """What is done to an optimizer other than by its name, with details; ``names`` are those of its models."""
    for attribute, line in _reached_through_model(module, names):
        yield "attribute", {"attribute": attribute, "line": str(line)}
    for line in _passed_on(module, names):
        yield "other", {"line": str(line)}
    held = own_attribute(module, site.at.statement, site.at.target)
    holders = [(held, "")] + [
        (own_attribute(module, model, dotted(model)), "optimizer.") for model in site.origin.models
    ]
    for owner, between in holders:
        start = f"{owner[1]}.{between}" if owner is not None else ""
        for one in reached(module, owner[0], owner[1]) if owner is not None else ():
            if one.kind != OVERRIDES and one.path.startswith(start):
                details = {"attribute": one.path.removeprefix(start).partition(".")[0], "where": one.where}
                yield "elsewhere", details
    for line, attribute in _outside_of_class(module, *held) if held is not None else ():
        yield "outside", {"attribute": attribute, "line": str(line)}


def _outside_of_class(module: Module, owner: ast.ClassDef, attribute: str) -> Iterator[tuple[int, str]]:
    """Attributes of the optimizer that code of the file reads or sets by an object of the class."""
    for holder, rate in module.cached(_rates_of_objects).get(attribute, ()):
        if owner in classes_of(module, holder):
            yield module.position(holder)[0], rate


def _rates_of_objects(module: Module) -> dict[str, list[tuple[ast.expr, str]]]:
    """Attribute -> the objects of whose attribute a rate is read or set, and which one, where it is not self.

    Itself, by ``setattr``, or under a name that it is given.
    """
    found: dict[str, list[tuple[ast.expr, str]]] = {}
    for key, uses in module.index.uses.items():
        for scope, use in uses:
            method = module.method_of(scope)
            if not isinstance(use, ast.Attribute) or (method is not None and key == f"{method[2]}.{use.attr}"):
                continue
            parent = module.index.parents[use]
            named = parent.targets[0] if isinstance(parent, ast.Assign) and len(parent.targets) == 1 else None
            readers = module.readers(named.id, use) if isinstance(named, ast.Name) else ()
            for rate in filter(None, (_rate_of(module, one) for one in (use, *readers))):
                found.setdefault(use.attr, []).append((use.value, rate))
    return found


def _rate_of(module: Module, optimizer: ast.expr) -> str:
    """The rate, or what else counts, of ``optimizer`` that is read or set where it stands; empty for none."""
    match module.index.parents[optimizer]:
        case ast.Attribute(attr=name) if name in _RATE:
            return name
        case ast.Call(func=ast.Name(id="setattr"), args=[held, ast.Constant(value=str(name)), _]) if (
            held is optimizer and name in _RATE
        ):
            return name
    return ""


def _reached_through_model(module: Module, models: Sequence[str]) -> list[tuple[str, int]]:
    """Reads and writes of ``X.optimizer.lr`` and the like, for the models that the optimizer trains.

    A callback reaches its model as ``self.model``.
    """
    found = []
    holders = {f"{model}.optimizer" for model in models} | {"self.model.optimizer"}
    for holder in sorted(holders):
        for attribute in sorted(_RATE):
            key = f"{holder}.{attribute}"
            lines = [module.position(node)[0] for _, node in module.index.uses.get(key, ())]
            lines += [
                module.position(binding.statement)[0]
                for _, binding in module.index.bound.get(key, ())
                if binding.statement is not None
            ]
            if lines:
                found.append((f"optimizer.{attribute}", min(lines)))
    return found


def _passed_on(module: Module, models: Sequence[str]) -> list[int]:
    """The lines that take ``X.optimizer`` of a model as a whole, such as the compile of another model."""
    uses = [node for model in models for _, node in module.index.uses.get(f"{model}.optimizer", ())]
    return sorted(
        module.position(node)[0] for node in uses if not isinstance(module.index.parents[node], ast.Attribute)
    )
