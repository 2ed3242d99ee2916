"""What a rule's evidence says, in words: for the rule table and for the documents.

It words numbers that the parity lab recorded; which of them concern a site is decided elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator

from tf2ms_opt.evidence import ROUNDING
from tf2ms_opt.language import ENGLISH, Lexicon
from tf2ms_opt.rules import Row, Rule


def deviation(row: Row, lexicon: Lexicon = ENGLISH) -> str:
    """``bit-equal``, a number that is float32's rounding, or the sizes of gradients for which it is worst and best."""
    say, largest = lexicon.say, f"{row.largest:.2g}"
    if row.largest == 0:
        return say("bit-equal")
    if row.largest <= ROUNDING:
        return say("{largest} (float32 rounding)", largest=largest)
    worst = max(row.deviation, key=lambda scale: row.deviation[scale])
    best = min(row.deviation, key=lambda scale: row.deviation[scale])
    if worst == best:
        return say("differs by {largest}", largest=largest)
    return say(
        "differs by {largest} for gradients of {worst}, {least} for {best}",
        largest=largest, worst=worst, least=f"{row.deviation[best]:.2g}", best=best,
    )  # fmt: skip


def rows(rule: Rule, generation: str) -> Iterator[Row]:
    """The evidence of one generation, setting by setting, the fidelities of each together."""
    evidence = rule.evidence
    found = [row for row in evidence.row if row.generation == generation] if evidence is not None else []
    for setting in dict.fromkeys(row.setting for row in found):
        yield from (row for row in found if row.setting == setting)
