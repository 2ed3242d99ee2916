"""An outcome as it is said in another language: the engine's own sentences are English, whoever reads them."""

from __future__ import annotations

from dataclasses import replace

from tf2ms_opt.language import ENGLISH, Lexicon
from tf2ms_opt.outcomes import Outcome


def translated(outcome: Outcome, lexicon: Lexicon) -> Outcome:
    """``outcome`` with its findings, and what told its generation, in the words of ``lexicon``."""
    if lexicon is ENGLISH:
        return outcome
    told = None if outcome.generation_from is None else lexicon.phrase(outcome.generation_from)
    return replace(outcome, findings=tuple(map(lexicon.finding, outcome.findings)), generation_from=told)
