"""The rule files against the signatures recorded from the frameworks, and what the loader refuses."""

from __future__ import annotations

import ast
import json
import re
from dataclasses import replace
from functools import cache
from pathlib import Path

import msgspec
import pytest

from tf2ms_opt import runtime_module
from tf2ms_opt.rules import Action, literal
from tf2ms_opt.ruleset import RuleFileError, load

SIGNATURES = Path(__file__).parent / "signatures"
OPTIMIZERS = {
    "tf1": "tensorflow.compat.v1.train",
    "legacy": "tf_keras.optimizers.legacy",
    "tf2.11": "tf_keras.optimizers",
    "keras3": "keras.optimizers",
}
SCHEDULES = {
    "legacy": "tf_keras.optimizers.schedules",
    "tf2.11": "tf_keras.optimizers.schedules",
    "keras3": "keras.optimizers.schedules",
}
#: keywords that Keras passes to itself: it writes the first when it saves a model, DTensor layouts need the second
INTERNAL = {"is_legacy_optimizer", "mesh"}
RULES = load()


@cache
def recorded(framework):
    return json.loads((SIGNATURES / f"{framework}.json").read_text(encoding="utf-8"))


def signature(framework, name):
    """Name -> recorded parameter, in order and without ``*args`` and ``**kwargs``; None for a class not recorded."""
    found = recorded(framework)["signatures"].get(name)
    return None if found is None else {one["name"]: one for one in found if not one["kind"].startswith("var-")}


def candidates(rules):
    """Every source of every rule in every generation that it names, once."""
    every = (candidate for group in rules.candidates.values() for candidate in group)
    return {f"{one.rule.name}-{one.generation}-{one.source.class_name}": one for one in every}


def same(left, right):
    """Equal by value, where ``False`` is not ``0``; None stands for a parameter without default."""
    if left is None or right is None:
        return left is right
    left, right = literal(left), literal(right)
    return left == right and isinstance(left, bool) is isinstance(right, bool)


def signature_problems(candidate):
    """In what the rule's table is not the signature of the source, one sentence each, the parameter first."""
    optimizer = candidate.rule.kind == "optimizer"
    prefix = (OPTIMIZERS if optimizer else SCHEDULES)[candidate.generation]
    real = signature("tensorflow", f"{prefix}.{candidate.source.class_name}")
    if real is None:
        return {f"{candidate.source.class_name}: not among the recorded classes of {prefix}"}
    keywords = set(recorded("tensorflow")["keywords"].get(prefix, ())) - INTERNAL
    table = {one.name: one for one in candidate.parameters}
    found = {f"{name}: not mentioned in the table" for name in (real.keys() | keywords) - table.keys()}
    shared = [name for name in table if name in real]
    if shared != [name for name in real if name in table]:
        found.add(f"{', '.join(shared)}: not the order of the signature")
    for name, parameter in table.items():
        if name in real:
            if parameter.keyword_only is not (real[name]["kind"] == "keyword-only"):
                found.add(f"{name}: keyword-only in one of the two")
            if not default_holds(parameter, real[name]["default"]):
                found.add(f"{name}: default {parameter.default} in the table, {real[name]['default']} in the signature")
        elif not parameter.keyword_only:
            found.add(f"{name}: not in the signature")
        elif (parameter.action is Action.ERROR) is (name in keywords):
            found.add(f"{name}: {'accepted' if name in keywords else 'refused'} by **kwargs, unlike in the table")
    return found


def default_holds(parameter, real):
    """The ``name`` only labels; of two inert values (ema_overwrite_frequency 100 and None) either will do."""
    if parameter.name == "name" or same(parameter.default, real):
        return True
    return all(any(same(one, inert) for inert in parameter.inert) for one in (parameter.default, real))


def target_problems(candidate):
    """What MindSpore's class does not have, would not be given, or would take from its own other default."""
    rule = candidate.rule
    table = {one.name: one for one in rule.target.parameter}
    real = signature("mindspore", rule.target.name)
    if real is None:
        return {f"{rule.target.name}: not a recorded class of MindSpore"}
    found = {f"{name}: {rule.target.name} has no such parameter" for name in table.keys() - real.keys()}
    mapped = {one.to: one for one in candidate.parameters if one.to is not None and not one.keyword_only}
    for name in real.keys() - mapped.keys() - {"params"}:
        if real[name]["default"] is None:
            found.add(f"{name}: required by {rule.target.name}, and nothing is mapped to it")
    for name in mapped.keys() & real.keys() & table.keys():
        default = mapped[name].falsy or mapped[name].default
        if default is not None and not same(default, real[name]["default"]) and not table[name].pin:
            found.add(
                f"{name}: not pinned, but {default} in the source is {real[name]['default']} in {rule.target.name}"
            )
    return found


EVERY = candidates(RULES)
MAPPED = [
    (key, one.name) for key, candidate in EVERY.items() for one in candidate.source.parameter if one.to is not None
]


@pytest.mark.parametrize("key", EVERY)
def test_source_is_as_the_framework_has_it(key):
    assert signature_problems(EVERY[key]) == set()


@pytest.mark.parametrize("key", EVERY)
def test_target_is_as_mindspore_has_it(key):
    assert target_problems(EVERY[key]) == set()


def test_each_rule_is_checked():
    assert {candidate.rule.name for candidate in EVERY.values()} == set(RULES.rules)


# ---------------------------------------------------------------- the checks above can fail


def changed_source(key, change):
    """The candidate ``key`` of a rule set in which ``change`` was made to the parameters of its source."""
    candidate = EVERY[key]
    source = msgspec.structs.replace(candidate.source, parameter=tuple(change(list(candidate.source.parameter))))
    sources = tuple(source if one is candidate.source else one for one in candidate.rule.source)
    rule = msgspec.structs.replace(candidate.rule, source=sources)
    return candidates(replace(RULES, rules={**RULES.rules, rule.name: rule}))[key]


def changed_target(key, name, /, **change):
    candidate = EVERY[key]
    parameters = candidate.rule.target.parameter
    edited = tuple(msgspec.structs.replace(one, **change) if one.name == name else one for one in parameters)
    target = msgspec.structs.replace(candidate.rule.target, parameter=edited)
    rule = msgspec.structs.replace(candidate.rule, target=target)
    return candidates(replace(RULES, rules={**RULES.rules, rule.name: rule}))[key]


def reported(before, after):
    """The parameters named by what is found in ``after`` alone."""
    return {problem.partition(":")[0] for problem in after - before}


@pytest.mark.parametrize(("key", "name"), MAPPED)
def test_a_forgotten_parameter_is_reported(key, name):
    changed = changed_source(key, lambda parameters: [one for one in parameters if one.name != name])
    assert reported(signature_problems(EVERY[key]), signature_problems(changed)) == {name}


@pytest.mark.parametrize(("key", "name"), MAPPED)
def test_a_wrong_default_is_reported(key, name):
    def change(parameters):
        return [msgspec.structs.replace(one, default="0.125") if one.name == name else one for one in parameters]

    assert reported(signature_problems(EVERY[key]), signature_problems(changed_source(key, change))) == {name}


@pytest.mark.parametrize("key", EVERY)
def test_a_wrong_order_is_reported(key):
    changed = changed_source(key, lambda parameters: [parameters[1], parameters[0], *parameters[2:]])
    (problem,) = signature_problems(changed) - signature_problems(EVERY[key])
    assert problem.endswith(": not the order of the signature")


@pytest.mark.parametrize(("name", "change"), [("learning_rate", {"pin": False}), ("epsilon", {"name": "eps"})])
def test_a_wrong_target_is_reported(name, change):
    changed = changed_target("rmsprop-keras3-RMSprop", name, **change)
    assert reported(set(), target_problems(changed)) == {change.get("name", name)}


def test_a_target_that_lacks_a_required_argument_is_reported():
    key = "exponential_decay-keras3-ExponentialDecay"
    changed = changed_source(key, lambda parameters: [one for one in parameters if one.name != "decay_rate"])
    assert reported(set(), target_problems(changed)) == {"decay_rate"}


# ---------------------------------------------------------------- what the loader takes

OWN = """
summary = "Own"
strings = ["own"]
[target]
name = "mindspore.nn.Own"
parameter = [{ name = "learning_rate", kind = "learning-rate", pin = true }, { name = "beta", kind = "float" }]
[[source]]
generations = ["keras3"]
class-name = "Own"
parameter = [
  { name = "learning_rate", default = "0.1", to = "learning_rate" },
  { name = "b", default = "0.5", to = "beta" },
  { name = "odd", default = "None", action = "refuse", inert = ["None"], reason = "it is odd" },
]
[[source.difference]]
finding = "formula-differs"
when = { b = "nonzero" }
reason = "it differs"
"""
SOURCE = "source 1 (Own): parameter "
FAULTS = {
    "syntax": ('summary = "Own"', "summary =", ["line 2"]),
    "key missing": ('summary = "Own"', "", ["`summary`"]),
    "key unknown": ('summary = "Own"', 'summary = "Own"\ncolour = 1', ["`colour`"]),
    "key unknown in the target": ("pin = true", "pinned = true", ["`pinned`", "target.parameter[0]"]),
    "key unknown in a source": ("class-name", 'language = "C"\nclass-name', ["`language`", "source[0]"]),
    "key unknown in a parameter": ('"0.5", to', '"0.5", too', ["`too`", "source[0].parameter[1]"]),
    "type": ("pin = true", 'pin = "yes"', ["`bool`", "target.parameter[0].pin"]),
    "kind unknown": ('kind = "float"', 'kind = "flaot"', ["'flaot'", "target.parameter[1].kind"]),
    "action unknown": ('"refuse"', '"refuze"', ["'refuze'", "source[0].parameter[2].action"]),
    "generation unknown": ('["keras3"]', '["keras4"]', ["source 1 (Own): generations: ", "'keras4'"]),
    "to unknown": ('to = "beta"', 'to = "betta"', [SOURCE + "b: to: ", "'betta'", "mindspore.nn.Own"]),
    "to and action": ('to = "beta"', 'to = "beta", action = "drop"', [SOURCE + "b: ", "`to`", "`action`"]),
    "neither to nor action": (', to = "beta"', "", [SOURCE + "b: ", "`to`", "`action`"]),
    "default no literal": ('"0.5"', '"half"', [SOURCE + "b: ", "half"]),
    "default no expression": ('"0.5"', '"0.5 +"', [SOURCE + "b: ", "0.5 +"]),
    "inert no literal": ('["None"]', '["Nothing"]', [SOURCE + "odd: ", "Nothing"]),
    "falsy no literal": ('"0.5"', '"0.5", falsy = "eps()"', [SOURCE + "b: ", "eps()"]),
    "reason missing": (', reason = "it is odd"', "", [SOURCE + "odd: reason: ", "`refuse`"]),
    "difference unknown": ('"formula-differs"', '"formula"', [".difference[0].finding", "'formula'"]),
    "difference no literal": (
        'when = { b = "',
        'when = { b = "eps() + ',
        ["source 1 (Own): difference.when: ", "eps()"],
    ),
    "difference of nothing": ("when = { b", "when = { c", ["source 1 (Own): difference.when: ", " c"]),
}


def write(folder, name, text):
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_named_with_file_table_and_key(fault, tmp_path):
    good, bad, fragments = FAULTS[fault]
    assert OWN.count(good) == 1
    folder = write(tmp_path, "own.toml", OWN.replace(good, bad))
    with pytest.raises(RuleFileError) as caught:
        load([folder])
    assert str(caught.value).startswith(f"{folder / 'own.toml'}: ")
    assert [fragment for fragment in fragments if fragment not in str(caught.value)] == []


def test_bytes_that_are_no_text_are_named(tmp_path):
    (tmp_path / "own.toml").write_bytes(b'summary = "\xff"')
    with pytest.raises(RuleFileError, match=re.escape(str(tmp_path / "own.toml"))):
        load([tmp_path])


def test_a_folder_without_rule_files_is_refused(tmp_path):
    write(tmp_path, "readme.md", "no rule")
    with pytest.raises(RuleFileError, match=re.escape(f"{tmp_path}: no rule file")):
        load([tmp_path])


@pytest.mark.parametrize("name", ["missing", "own.toml"])
def test_a_folder_that_cannot_be_read_is_refused(name, tmp_path):
    folder = write(tmp_path, "own.toml", OWN) / name
    with pytest.raises(RuleFileError, match=re.escape(f"{folder}: ")):
        load([folder])


def test_a_rule_file_that_cannot_be_read_is_refused(tmp_path):
    (tmp_path / "own.toml").mkdir()
    with pytest.raises(RuleFileError, match=re.escape(f"{tmp_path / 'own.toml'}: ")):
        load([tmp_path])


def test_a_folder_adds_rules(tmp_path):
    rules = load([write(tmp_path, "own.toml", OWN)])
    assert set(rules.rules) == {*RULES.rules, "own"}
    assert [one.rule.name for one in rules.named("tensorflow.keras.optimizers.Own")] == ["own"]
    assert rules.strings["own"] is rules.rules["own"]
    assert rules.pattern.search(b"Own(") is not None
    assert RULES.pattern.search(b"Own(") is None


def test_a_file_of_the_same_name_replaces_ours_and_the_last_folder_wins(tmp_path):
    first = write(tmp_path / "first", "rmsprop.toml", OWN)
    second = write(tmp_path / "second", "rmsprop.toml", OWN.replace('summary = "Own"', 'summary = "Later"'))
    rules = load([first, second])
    assert set(rules.rules) == set(RULES.rules)
    assert rules.rules["rmsprop"].summary == "Later"
    assert rules.named("tensorflow.keras.optimizers.RMSprop") == ()
    assert load([second, first]).rules["rmsprop"].summary == "Own"


# ---------------------------------------------------------------- the classes of the runtime module


def runtime_arguments():
    """Class of the runtime's parts -> the arguments of its constructor."""
    parts = Path(runtime_module.__file__).parent / "runtime"
    nodes = [node for file in parts.glob("*.py") for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))]
    return {
        node.name: [argument.arg for argument in method.args.args if argument.arg != "self"]
        for node in nodes if isinstance(node, ast.ClassDef)
        for method in node.body if isinstance(method, ast.FunctionDef) and method.name == "__init__"
    }  # fmt: skip


@pytest.mark.parametrize("key", [key for key, one in EVERY.items() if one.source.runtime is not None])
def test_a_runtime_class_takes_the_arguments_of_the_class_that_it_stands_for(key):
    candidate = EVERY[key]
    runtime, target = candidate.source.runtime, candidate.rule.target
    name = runtime.classes[candidate.generation]
    assert name in runtime_module.known()
    real = [one for one in signature("mindspore", target.name) if one not in runtime.without]
    assert runtime_arguments()[name] == real
