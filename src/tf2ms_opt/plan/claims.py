"""What the report may say of a converted site's accuracy: what the parity lab measured for its settings, or nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from tf2ms_opt.diagnostics import Finding, finding
from tf2ms_opt.evidence import ROUNDING, Setting, bound, conditions, rows
from tf2ms_opt.options import Fidelity
from tf2ms_opt.plan.targets import Choice
from tf2ms_opt.rules import Evidence, Row
from tf2ms_opt.ruleset import Candidate

#: what is emitted is not what was measured: a penalty became weight decay (TMO107) or could not (TMO205), the state
#: starts elsewhere (TMO201), or an argument was dropped (TMO202, TMO209)
_OTHERWISE = {"TMO107", "TMO201", "TMO202", "TMO205", "TMO209"}


@dataclass(frozen=True, slots=True)
class Claim:
    """What is said of a site's accuracy, and the places of the rows in the rule's evidence that it rests on."""

    finding: Finding
    rows: tuple[int, ...]


def claim(
    candidate: Candidate, choice: Choice, setting: Setting, fidelity: Fidelity, said: Iterable[Finding],
    place: tuple[int, int],
) -> Claim | None:  # fmt: skip
    """The measurement that covers the site; of several that may, the largest deviation."""
    evidence = candidate.rule.evidence
    level = "stock" if fidelity is Fidelity.EXACT and choice.runtime is None else fidelity.value
    found = rows(evidence, setting, level)
    same_class = all(row.target.rpartition(".")[2] == choice.short for row in found)
    if evidence is None or not found or not same_class or any(one.code in _OTHERWISE for one in said):
        return None
    places = tuple(number for number, row in enumerate(evidence.row) if row in found)
    return Claim(_finding(evidence, found, place), places)


def _finding(evidence: Evidence, found: Collection[Row], place: tuple[int, int]) -> Finding:
    worst = max(found, key=lambda row: row.largest)
    largest = bound(worst.largest)
    details: dict[str, Any] = {"steps": evidence.steps, "conditions": conditions(evidence), "bound": f"{largest:g}"}
    if largest == 0:
        return finding("measured/bit-equal", *place, **details)
    if largest <= ROUNDING:
        return finding("measured", *place, **details)
    scales = {float(scale): deviation for scale, deviation in worst.deviation.items()}
    worst_at = max(scales, key=lambda scale: scales[scale])
    best_at = min(scales, key=lambda scale: scales[scale])
    details |= {"scale": f"{worst_at:g}", "other": f"{best_at:g}", "best": f"{bound(scales[best_at]):g}"}
    return finding("measured/differs", *place, **details)


def runtime_note(candidate: Candidate, choice: Choice, setting: Setting, place: tuple[int, int]) -> Finding:
    """Why a class of the runtime module was taken: what MindSpore's own was measured to deviate, if it was."""
    evidence = candidate.rule.evidence
    module = choice.name.rpartition(".")[0].lstrip(".")
    details: dict[str, Any] = {"target": choice.short, "module": module, "stock": candidate.target.name}
    if choice.why:
        key = "runtime-class/instead" if candidate.target.name else "runtime-class/alone"
        return finding(key, *place, reason=choice.why, **details)
    largest = max((row.largest for row in rows(evidence, setting, "stock")), default=0.0)
    if evidence is None or not largest:
        return finding("runtime-class", *place, **details)
    details |= {"bound": f"{bound(largest):g}", "conditions": conditions(evidence)}
    return finding("runtime-class/deviates", *place, **details)
