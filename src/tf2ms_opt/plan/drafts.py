"""Drafts the conversion of one site: its parameters, arguments, place, starting state and findings."""

from __future__ import annotations

import ast
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from tf2ms_opt.diagnostics import Finding, finding
from tf2ms_opt.facts import Mixed, Rebuilt, Splice, origins
from tf2ms_opt.options import Fidelity, Options, converts_steps
from tf2ms_opt.plan.arguments import translate
from tf2ms_opt.plan.around import measured_around
from tf2ms_opt.plan.builders import penalties_elsewhere
from tf2ms_opt.plan.claims import Claim, claim, runtime_note
from tf2ms_opt.plan.edits import Editor, Origin, SiteFacts
from tf2ms_opt.plan.factories import Factories, Factory
from tf2ms_opt.plan.found import Found
from tf2ms_opt.plan.imports import Aliases
from tf2ms_opt.plan.keras_settings import keras_settings
from tf2ms_opt.plan.lifetime import outlived
from tf2ms_opt.plan.moving import Behind, lower_place
from tf2ms_opt.plan.parameters import Built, Parameters, from_uses
from tf2ms_opt.plan.placement import Spot, available, spot
from tf2ms_opt.plan.regularization import regularization
from tf2ms_opt.plan.schedules import Flow
from tf2ms_opt.plan.sharing import obstacle
from tf2ms_opt.plan.side_effects import other_uses
from tf2ms_opt.plan.signature import LeftError, differences
from tf2ms_opt.plan.targets import Choice, insteads
from tf2ms_opt.plan.translation import Setup, Translation
from tf2ms_opt.plan.unruled import stays
from tf2ms_opt.ruleset import Candidate
from tf2ms_opt.trace.module import Module
from tf2ms_opt.trace.scopes import FunctionNode
from tf2ms_opt.trace.uses import Use, UseKind, uses_of


@dataclass(frozen=True, slots=True)
class Draft:
    """A site's conversion, ready to be put into the plan."""

    candidate: Candidate
    splices: tuple[Splice, ...]
    findings: tuple[Finding, ...]
    #: the list of parameters that the optimizer trains
    params: str
    #: the class that is emitted, and the dotted names that have to be imported for it
    choice: Choice
    needs: frozenset[str]
    #: where the learning rate comes from, as far as it is a schedule
    flow: Flow = field(default_factory=Flow)
    #: argument values that stay in the converted call, and expressions that disappear
    kept: tuple[ast.expr, ...] = ()
    gone: tuple[ast.expr, ...] = ()
    #: TensorFlow's call that takes the optimizer, and the models that it trains
    step: ast.Call | None = None
    models: tuple[ast.expr, ...] = ()
    #: every such call, where one object goes to several models, and all that is done with the object
    steps: tuple[ast.Call, ...] = ()
    uses: tuple[Use, ...] = ()
    #: a class of the runtime module stands around the optimizer
    wrapped: bool = False
    #: the learning rate is a schedule
    scheduled: bool = False
    #: the function of this file that returns the optimizer, and what its callers get; their uses are among ``uses``
    factory: Factory | None = None
    built: tuple[Built, ...] = ()
    #: names of the file's top level that hold what builds the optimizer, which gains the parameters
    exported: tuple[str, ...] = ()
    #: what else may come where the optimizer comes, from a function of another file
    mixed: str = ""
    #: the function and its parameter by which the optimizer comes from other files
    taken: tuple[FunctionNode, str] | None = None
    #: what was measured for it
    claim: Claim | None = None


#: why a regularizer does not become weight decay where its step is converted
IN_THE_LOSS = "the trainer adds the penalty to the loss, as Keras does"


class Drafter:
    """Drafts the sites of one module, so that fresh names and factories are shared between them."""

    def __init__(self, module: Module, options: Options, names: Aliases, staying: Collection[ast.expr] = ()) -> None:
        """``staying`` are optimizers whose ``compile`` and ``fit`` are known to stay TensorFlow's."""
        self._staying = staying
        self._module = module
        self.options = options
        self.setup = Setup(module, names, options.fidelity)
        self.factories = Factories(module, options.neighbours)
        self.editor = Editor(module, names, plain=options.fidelity is Fidelity.NAMES)

    def draft(self, found: Found, candidate: Candidate) -> Draft:
        """The conversion of ``found`` as ``candidate``.  Raises ``LeftError``."""
        module = self._module
        place = module.position(found.node)
        at = spot(module, found.expression)
        translation = translate(self.setup, candidate, found.call, place, placed=at.takes_lines)
        if found.apart and any(isinstance(argument.value, (Rebuilt, Mixed)) for argument in translation.arguments):
            call = module.text(found.expression.func) if isinstance(found.expression, ast.Call) else ""
            raise LeftError(finding("indirect-reference/lookup-nested", *place, call=f"{call}(...)"))
        site = self.locate(found, candidate, at, translation)
        statement = site.below or site.at.statement
        site.findings += [*translation.findings, *site.origin.findings, *self.differences_of(site, translation)]
        site.findings += keras_settings(module, place)
        site.findings += other_uses(module, site, converts=converts_steps(self.options))
        calls = [one.parameters for one in site.origin.built]
        every = (*site.origin.models, *(one for known in calls for one in known.models))
        models = () if site.origin.others else every
        why_not = self.keeps_regularizers(site, translation)
        regular = regularization(module, models, statement, place, why_not)
        site.findings += [*regular.findings, *penalties_elsewhere(module, every, place)]
        splices, needs = self.editor.edits(site, translation, regular.value)
        measured = None
        if measured_around(candidate).issuperset(name for name, _ in translation.wrapped) and (
            measured := claim(
                candidate, translation.choice, translation.setting, self.options.fidelity, site.findings, place
            )
        ):
            site.findings.append(measured.finding)
        kept = {index for argument in translation.arguments for index in origins(argument.value)}
        values = self._values(found)
        return Draft(
            candidate,
            (*splices, *translation.splices, *site.origin.splices, *regular.splices),
            tuple(site.findings),
            site.origin.text,
            translation.choice,
            needs,
            translation.flow,
            tuple(value for position, value in enumerate(values) if position in kept or value in translation.around),
            (*self._gone(found, values, kept, translation.around), *translation.gone, *regular.gone),
            step=self.first_step(site),
            models=(*site.origin.models, *(one for known in calls for one in known.models)),
            steps=self.steps(site),
            uses=(*site.uses, *(use for one in site.origin.built for use in one.uses)),
            wrapped=bool(translation.wrapper),
            scheduled=bool(translation.setting.schedule),
            factory=site.origin.factory,
            built=site.origin.built,
            claim=measured,
        )

    def locate(self, found: Found, candidate: Candidate, at: Spot, translation: Translation | None) -> SiteFacts:
        """Where the optimizer goes, what it trains and where it can be built.

        ``translation`` is what it would be built with once more; None if it cannot.  Raises ``LeftError``.
        """
        module, place = self._module, self._module.position(found.node)
        uses = uses_of(module, found.expression)
        if (staying := stays(module, candidate, uses, place)) is not None:
            raise LeftError(staying)
        site = SiteFacts(found, candidate, place, uses, at, self._source(uses, place))
        self._check_sharing(site, translation)
        site.below = self._below(site)
        statement = site.below or site.at.statement
        if why := outlived(module, statement, site.at.target, site.origin.models, uses):
            model = " and ".join(site.origin.names) or "the model"
            raise LeftError(finding("params-unknown/outlived", *place, model=model, why=why))
        return site

    @staticmethod
    def first_step(site: SiteFacts) -> ast.Call | None:
        return next((step for step in (site.origin.step, *(one.step for one in site.origin.told)) if step), None)

    @staticmethod
    def steps(site: SiteFacts) -> tuple[ast.Call, ...]:
        calls = [site.origin.step, *(other.step for other in site.origin.told)]
        uses = [*site.uses, *(use for one in site.origin.built for use in one.uses)]
        calls += [use.call for use in uses if use.kind in (UseKind.COMPILE, UseKind.STEP)]
        return tuple(dict.fromkeys(call for call in calls if call is not None))

    def _source(self, uses: Sequence[Use], place: tuple[int, int]) -> Origin:
        """The ladder: the uses, a factory's callers, --params; else the site is left."""
        known = from_uses(self._module, uses, place)
        if isinstance(known, Parameters):
            return Origin(known.text, known.models, known.model_texts, step=known.step, others=known.others)
        returned = next((use for use in uses if use.kind is UseKind.RETURN), None)
        why = known
        kept = {UseKind.STORED, UseKind.CONTAINER, UseKind.PASSED, UseKind.HANDED, UseKind.STEP, UseKind.OTHER}
        if returned is not None and not any(use.kind in kept for use in uses):
            factory = self.factories.of(returned, place)
            if isinstance(factory, Factory):
                name = factory.function.name
                elsewhere = self.options.neighbours.elsewhere(factory.changed[0]) is not None
                key = "signature-changed/everywhere" if elsewhere else "signature-changed"
                note = finding(key, *place, function=name, parameter=factory.parameter)
                return Origin(factory.parameter, splices=factory.splices, findings=(note,), factory=factory)
            why = factory
        if self.options.params is not None:
            return Origin(self.options.params)
        raise LeftError(why)

    def keeps_regularizers(self, site: SiteFacts, translation: Translation) -> str:
        step = self.first_step(site)
        compiled = step is not None and isinstance(step.func, ast.Attribute) and step.func.attr == "compile"
        if compiled and converts_steps(self.options) and site.found.expression not in self._staying:
            return IN_THE_LOSS
        if translation.clips:
            return "the optimizer clips gradients, and Keras clips the penalty's gradient with them"
        if translation.wrapper:
            return "the class around the optimizer comes between the gradients and its weight decay"
        if site.origin.built:
            return "its models are not known in the function that builds it"
        return "" if compiled else "only compile and fit are sure to add the penalty to the loss"

    def _check_sharing(self, site: SiteFacts, translation: Translation | None) -> None:
        """Several models for one object: an optimizer for each, or none is converted.  Raises ``LeftError``."""
        others = site.origin.others
        if not others:
            return
        module = self._module
        why = "its class is chosen when the program runs"
        if translation is not None:
            why = obstacle(module, site.found.expression, site.at, others, site.uses, translation)
        if why:
            names = ", ".join([*site.origin.names, *(name for other in others for name in other.model_texts)])
            raise LeftError(finding("shared-optimizer", *site.place, models=names, why=why))
        for other in others:
            line = module.position(other.use.node)[0]
            site.findings.append(finding("optimizer-per-model", *site.place, model=other.model_texts[0], line=line))
        if counted := site.candidate.rule.counts_steps:
            site.findings.append(finding("formula-differs/shared-steps", *site.place, counted=counted))

    def _below(self, site: SiteFacts) -> ast.stmt | None:
        """The statement above which the optimizer has to move; None if it can stay.  Raises ``LeftError``."""
        module = self._module
        if all(available(module, model, site.at.statement) for model in site.origin.models):
            return None
        below = lower_place(module, site.found.expression, site.at, site.origin.models, site.uses)
        if isinstance(below, str):
            if self.options.params is not None:
                site.origin = Origin(self.options.params)
                return None
            model = " and ".join(site.origin.names)
            raise LeftError(finding("params-unknown/unreachable", *site.place, model=model, why=below))
        site.behind = isinstance(below, Behind)
        place = below.statement if isinstance(below, Behind) else below
        line, model = module.position(place)[0], " and ".join(site.origin.names)
        key = "statement-moved/behind" if site.behind else "statement-moved"
        site.findings.append(finding(key, *site.place, model=model, line=line))
        return place

    def differences_of(self, site: SiteFacts, translation: Translation) -> list[Finding]:
        ours = translation.choice.runtime is not None
        found = tuple(differences(site.candidate, translation.setting.arguments, ours=ours))
        if ours:
            said = [finding(name, *site.place, help=advice, reason=reason) for name, reason, advice in found]
            return [runtime_note(site.candidate, translation.choice, translation.setting, site.place), *said]
        if self.options.fidelity is Fidelity.NAMES:
            points = [state.because for state in site.candidate.source.state]
            points += [reason for _, reason, _ in found]
            points += insteads(site.candidate, translation.setting)
            return [finding("plain-renaming", *site.place, difference="; ".join(points))] if points else []
        return [finding(name, *site.place, help=advice, reason=reason) for name, reason, advice in found]

    @staticmethod
    def _values(found: Found) -> list[ast.expr]:
        if found.call is None:
            return []
        return [*found.call.args, *(keyword.value for keyword in found.call.keywords)]

    @staticmethod
    def _gone(
        found: Found, values: Sequence[ast.expr], kept: Collection[int], around: Collection[ast.expr]
    ) -> list[ast.expr]:
        dropped = [value for position, value in enumerate(values) if position not in kept and value not in around]
        calls = [found.expression, found.call]
        return [*(call.func for call in calls if isinstance(call, ast.Call)), *dropped]
