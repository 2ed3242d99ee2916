"""The rule files against the signatures recorded from the frameworks, and what the loader refuses."""

from __future__ import annotations

import ast
import json
import re
import shutil
from dataclasses import replace
from functools import cache
from pathlib import Path

import msgspec
import pytest

from tf2ms_opt import runtime_module, words
from tf2ms_opt.evidence import may_hold
from tf2ms_opt.plan.targets import Choice, runtime_parameters
from tf2ms_opt.rulebook import Rulebook
from tf2ms_opt.rules import Action, literal
from tf2ms_opt.ruleset import RuleFileError, load
from tf2ms_opt.words import packaged

SIGNATURES = Path(__file__).parent / "signatures"
OPTIMIZERS = {
    "tf1": "tensorflow.compat.v1.train",
    "legacy": "tf_keras.optimizers.legacy",
    "tf2.11": "tf_keras.optimizers",
    "keras3": "keras.optimizers",
    "addons": "tensorflow_addons.optimizers",
}
SCHEDULES = {
    "tf1": "tensorflow.compat.v1.train",
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
    prefix, source = (OPTIMIZERS if optimizer else SCHEDULES)[candidate.generation], candidate.source.class_name
    framework = "addons" if candidate.generation == "addons" else "tensorflow"
    real = signature(framework, f"{prefix}.{candidate.source.class_name}")
    if real is None:
        return {f"{candidate.source.class_name}: not among the recorded classes of {prefix}"}
    own, base = (recorded(framework)["keywords"].get(name) for name in (f"{prefix}.{source}", prefix))
    keywords = set(own or base or ()) - INTERNAL if optimizer else set()
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


def choices(candidate):
    """The classes that are emitted for a candidate: MindSpore's, where it has one, and the runtime's."""
    target, runtime = candidate.target, candidate.source.runtime
    if target.name:
        yield Choice(target.name, target.parameter), signature("mindspore", target.name)
    if runtime is not None:
        name = runtime.classes[candidate.generation]
        yield Choice(name, runtime_parameters(target, runtime), name), runtime_arguments().get(name)


def target_problems(candidate):
    """What an emitted class does not have, would not be given, or would take from its own other default."""
    return {problem for choice, real in choices(candidate) for problem in class_problems(candidate, choice, real)}


def class_problems(candidate, choice, real):
    table = {one.name: one for one in choice.parameter}
    if real is None:
        return {f"{choice.name}: not a recorded class of MindSpore, and not one of the runtime module"}
    found = {f"{name}: {choice.name} has no such parameter" for name in table.keys() - real.keys()}
    own = [one for one in candidate.parameters if not one.keyword_only or one.to is None]
    mapped = {taken.name: one for one in own if (taken := choice.takes(one)) is not None}
    fixed = {name for name, one in table.items() if one.value is not None}
    for name in real.keys() - mapped.keys() - fixed - {"params"}:
        if real[name]["default"] is None:
            found.add(f"{name}: required by {choice.name}, and nothing is mapped to it")
    if choice.runtime is None:
        found |= {
            f"{name}: default {one.default} in the table, {real[name]['default']} in {choice.name}"
            for name, one in table.items()
            if name in real and one.default is not None and not same(one.default, real[name]["default"])
        }
    for name in mapped.keys() & real.keys() & table.keys():
        default = mapped[name].falsy or mapped[name].default
        if default is not None and not same(default, real[name]["default"]) and not table[name].pin:
            found.add(f"{name}: not pinned, but {default} in the source is {real[name]['default']} in {choice.name}")
    return found


@cache
def runtime_arguments():
    """Class of the runtime's parts -> its constructor's parameters, as the recorded signatures have them."""
    parts = Path(runtime_module.__file__).parent / "runtime"
    nodes = [node for file in parts.glob("*.py") for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))]
    classes = {node.name: node for node in nodes if isinstance(node, ast.ClassDef)}
    return {name: found for name, node in classes.items() if (found := constructor(node, classes)) is not None}


def constructor(node, classes):
    """The parameters of a class's constructor, its own or that of a class of ours that it inherits."""
    for method in node.body:
        if isinstance(method, ast.FunctionDef) and method.name == "__init__":
            names = [one.arg for one in method.args.args][1:]
            given = [ast.unparse(one) for one in method.args.defaults]
            defaults = [None] * (len(names) - len(given)) + given
            return {name: {"name": name, "default": text} for name, text in zip(names, defaults, strict=True)}
    bases = [classes[base.id] for base in node.bases if isinstance(base, ast.Name) and base.id in classes]
    return next((found for base in bases if (found := constructor(base, classes)) is not None), None)


EVERY = candidates(RULES)
MAPPED = [
    (key, one.name)
    for key, candidate in EVERY.items()
    for one in candidate.source.parameter
    if one.to is not None or one.runtime_to is not None
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
    parameters = candidate.target.parameter
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
    assert name in reported(signature_problems(EVERY[key]), signature_problems(changed))


#: what goes through **kwargs has no default that could be read
SIGNED = [(key, name) for key, name in MAPPED if not EVERY[key].parameter(name).keyword_only]


@pytest.mark.parametrize(("key", "name"), SIGNED)
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

#: an optimizer that MindSpore has no class for
ALONE = """
summary = "Alone"
[target]
reason = "MindSpore has none"
parameter = [{ name = "learning_rate", kind = "learning-rate", pin = true }]
[[source]]
generations = ["keras3"]
class-name = "Alone"
parameter = [
  { name = "learning_rate", default = "0.1", to = "learning_rate" },
  { name = "b", default = "0.5", runtime-to = "beta" },
  { name = "weight_decay", default = "0.1" },
]
[source.runtime]
classes = { keras3 = "Alone" }
parameter = [{ name = "beta", kind = "float" }]
[[source.runtime.instead]]
when = { b = "> 0.5" }
reason = "it is too large"
"""
ALONE_FAULTS = {
    "no reason": ('reason = "MindSpore has none"\n', "", ["target: reason: "]),
    "no class at all": ("[source.runtime]\nclasses", "[source.other]\nclasses", ["`other`"]),
    "runtime-to unknown": ('runtime-to = "beta"', 'runtime-to = "bet"', ["parameter b: runtime-to: ", "'bet'"]),
    "neither to nor action": (', runtime-to = "beta"', "", ["parameter b: ", "`to`"]),
    "instead of nothing": ("when = { b", "when = { c", ["runtime.instead.when: no parameter c"]),
    "instead no condition": ('"> 0.5"', '"> half"', ["runtime.instead.when: not a Python literal: '> half'"]),
    "instead without reason": ('reason = "it is too large"\n', "", ["`reason`"]),
}


@pytest.mark.parametrize("fault", ALONE_FAULTS)
def test_a_fault_of_a_rule_without_a_class_is_named(fault, tmp_path):
    good, bad, fragments = ALONE_FAULTS[fault]
    assert ALONE.count(good) == 1
    folder = write(tmp_path, "alone.toml", ALONE.replace(good, bad))
    with pytest.raises(RuleFileError) as caught:
        load([folder])
    assert [fragment for fragment in fragments if fragment not in str(caught.value)] == []


def test_a_parameter_of_the_base_class_may_stand_between_its_own(tmp_path):
    rules = load([write(tmp_path, "alone.toml", ALONE)])
    (candidate,) = rules.named("keras.optimizers.Alone")
    decay = candidate.parameter("weight_decay")
    assert (decay.default, decay.action) == ("0.1", Action.WRAP)
    assert [one.name for one in candidate.parameters][:3] == ["learning_rate", "b", "weight_decay"]


@pytest.mark.parametrize(
    ("value", "condition", "expected"),
    [
        (0.5, "nonzero", True), (0.0, "nonzero", False), (None, "nonzero", False), (True, "nonzero", True),
        (10, "fraction", False), (10.5, "fraction", True), (None, "fraction", False),
        (1e-6, "> 1e-07", True), (1e-7, "> 1e-07", False), (None, "> 1e-07", False),
        (-1, "< 0.0", True), (0, "< 0.0", False), (0, "0.0", True), (0.0, "0.0", True), (False, "0.0", False),
    ],
)  # fmt: skip
def test_conditions(value, condition, expected):
    assert may_hold((True, value), condition) is expected
    assert may_hold((False, None), condition)


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


def test_the_recorded_words_are_those_of_the_rules(request):
    """``--update-fixtures`` (or ``scripts/update_docs.py``) records them anew."""
    file = packaged() / "base" / "words.json"
    expected = words.document(packaged(), RULES.pattern)
    if request.config.getoption("--update-fixtures"):
        file.write_bytes(expected)
    assert file.read_bytes() == expected
    assert Rulebook().pattern == RULES.pattern
    assert set(Rulebook().names) == set(RULES.rules)


def test_words_that_were_recorded_for_other_rules_do_not_count(tmp_path):
    folder = tmp_path / "rules"
    shutil.copytree(packaged(), folder)
    assert words.recorded(folder) == RULES.pattern
    (folder / "own.toml").write_text(OWN)
    assert words.recorded(folder) is None
    (folder / "own.toml").unlink()
    for text in ("", "{}", '{"pattern": "(", "files": {}}'):
        (folder / "base" / "words.json").write_text(text)
        assert words.recorded(folder) is None


@pytest.mark.parametrize("before", ["", "x", "_", "(", "'", '"'])
def test_every_word_is_found_wherever_it_stands(before):
    rules = [rule for rule in RULES.rules.values() if rule.kind == "optimizer"]
    plain = {source.class_name for rule in rules for source in rule.source} | {*RULES.framework.lookups}
    for word in plain:
        assert RULES.pattern.search(f"{before}{word}\n".encode()), word
    for word in {form for string in RULES.strings for form in (string, string.upper())}:
        for quote in "'\"":
            assert RULES.pattern.search(f"{before}={quote}{word}{quote}".encode()), word
    for name in RULES.framework.base_classes:
        assert RULES.pattern.search(f"{before}class A({name} ):".encode()), name
    assert RULES.pattern.search(b"getattr(tf.keras.optimizers, name)")


def test_a_word_inside_of_another_one_is_none():
    for text in ("lambda x: lambda y: x", "million = 'billion'", "'lionel' is not one", "optimizers, getattr(a)"):
        assert RULES.pattern.search(text.encode()) is None, text


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


@pytest.mark.parametrize("key", [key for key, one in EVERY.items() if one.source.runtime is not None])
def test_a_runtime_class_is_one_that_can_be_written(key):
    candidate = EVERY[key]
    assert candidate.source.runtime.classes[candidate.generation] in runtime_module.known()
