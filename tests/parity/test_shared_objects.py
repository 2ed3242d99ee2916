"""What rules say of legacy Keras beside formulas: which count the steps of all models, and what an epsilon of 0 is."""

from __future__ import annotations

import json


def test_what_counts_the_steps_of_all_models(probe, rules):
    """``counts-steps`` stands in the rules of those optimizers alone that one object in two models changes."""
    legacy = {
        source.class_name: rule
        for rule in rules.rules.values()
        for source in rule.source
        if rule.kind == "optimizer" and "legacy" in source.generations
    }
    falsy = [
        source.class_name
        for rule in legacy.values()
        for source in rule.source
        if "legacy" in source.generations and any(one.name == "epsilon" and one.falsy for one in source.parameter)
    ]
    (found,) = probe("shared_object.py", [json.dumps([sorted(legacy), falsy])])
    assert found["shared"] == {name: not rule.counts_steps for name, rule in legacy.items()}
    assert falsy
    assert found["falsy"] == {name: [True, True] for name in falsy}
