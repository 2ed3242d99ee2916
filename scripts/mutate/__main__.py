"""Breaks the rule table or the planning in one place at a time, and asks whether a test case sees it.

``python scripts/mutate rules [NUMBER [SEED]]`` changes the data of rules: defaults, targets, names, pins, state.
``python scripts/mutate code [NUMBER [SEED]]`` changes conditions, operators and constants of ``plan`` and ``trace``.
``python scripts/mutate at PLACE...`` does all of the second to some places: ``plan/rates.py`` or ``plan/rates.py:12``.

Each mutant of the sample runs in a process of its own, on the fixtures (and for code, the projects) that reach it,
until one of them differs; those that none tells from the original are printed.  What is known of them stands in
``tests/mutants.md``.
"""

from __future__ import annotations

import random
import sys


def sample(numbers: list[str]) -> tuple[int, random.Random]:
    """How many, and the chance that says which."""
    count, seed = (*map(int, numbers), *(200, 1)[len(numbers) :])
    return count, random.Random(seed)  # noqa: S311 -- a sample


def program() -> None:
    """Do what the command line says.  Mutated code is loaded afresh, so nothing of ours may be before that."""
    match sys.argv[1:]:
        case ["rules", *numbers]:
            from rules import mutate_rules  # noqa: PLC0415

            mutate_rules(*sample(numbers))
        case ["code", *numbers]:
            from planning import mutants, mutate_code  # noqa: PLC0415

            count, chance = sample(numbers)
            every = mutants()
            mutate_code(chance.sample(every, min(count, len(every))))
        case ["at", *places]:
            from planning import mutants_at, mutate_code  # noqa: PLC0415

            mutate_code([mutant for place in places for mutant in mutants_at(place)])
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    program()
