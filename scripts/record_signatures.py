"""Record the signatures of one framework's optimizers and schedules, for the tests that hold the rules against them.

    python scripts/record_signatures.py tensorflow     # needs tensorflow, tf_keras and keras
    python scripts/record_signatures.py mindspore
    python scripts/record_signatures.py addons         # needs tensorflow_addons beside tensorflow and tf_keras
    python scripts/record_signatures.py names          # prints TensorFlow's public names, and writes nothing

The rules are checked without any framework, so what they are checked against is kept as data in ``tests/signatures``.
Each run imports only the framework it is asked for: the two do not always live well in one process.
"""

from __future__ import annotations

import argparse
import ast
import importlib
import inspect
import json
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from tf2ms_opt.sides import addons_keras

FOLDER = Path(__file__).parents[1] / "tests" / "signatures"
Named = tuple[str, Any]


def main() -> None:
    """Write the file of the framework that the command line names."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("framework", choices=sorted([*RECORDERS, "names"]))
    framework = parser.parse_args().framework
    if framework == "names":
        print(json.dumps(names()))
        return
    file = FOLDER / f"{framework}.json"
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps(RECORDERS[framework](), indent=1) + "\n", encoding="utf-8")
    print(f"written: {file.relative_to(FOLDER.parents[1])}")


def tensorflow() -> dict[str, Any]:
    """All generations of TensorFlow and Keras; tf_keras keeps those of Keras 2 alive beside Keras 3."""
    train = importlib.import_module("tensorflow").compat.v1.train
    old, new = importlib.import_module("tf_keras").optimizers, importlib.import_module("keras").optimizers
    found = [
        *_classes(train, "tensorflow.compat.v1.train", train.Optimizer),
        *_functions(train, "tensorflow.compat.v1.train", "_decay"),
        *_functions(train, "tensorflow.compat.v1.train", "piecewise_constant"),
        *_classes(old.legacy, "tf_keras.optimizers.legacy", old.legacy.Optimizer),
        *_classes(old, "tf_keras.optimizers", old.Optimizer),
        *_classes(old.schedules, "tf_keras.optimizers.schedules", old.schedules.LearningRateSchedule),
        *_classes(new, "keras.optimizers", new.Optimizer),
        *_classes(new.schedules, "keras.optimizers.schedules", new.schedules.LearningRateSchedule),
    ]
    return {
        "versions": _versions("keras", "tensorflow", "tf_keras"),
        "keywords": {
            "keras.optimizers": _keywords(new.Optimizer),
            "tf_keras.optimizers": _keywords(old.Optimizer),
            "tf_keras.optimizers.legacy": _keywords(old.legacy.Optimizer),
            "tf_keras.optimizers.legacy.Nadam": sorted(
                {*_keywords(old.legacy.Optimizer), *_keywords(old.legacy.Nadam)}
            ),
        },
        "names": names(),
        "signatures": _recorded(found),
    }


def names() -> dict[str, list[str]]:
    """The public optimizers and schedules of TensorFlow, under the names that code has for them."""
    tensorflow = importlib.import_module("tensorflow")
    keras, train = tensorflow.keras.optimizers, tensorflow.compat.v1.train
    functions = [name for name in dir(train) if "_decay" in name or name.startswith("piecewise_constant")]
    return {
        "tf.keras.optimizers": _public_classes(keras),
        "tf.keras.optimizers.schedules": _public_classes(keras.schedules),
        "tf.compat.v1.train": [*(name for name in _public_classes(train) if name.endswith("Optimizer")), *functions],
    }


def _public_classes(module: ModuleType) -> list[str]:
    return [name for name in dir(module) if not name.startswith("_") and inspect.isclass(getattr(module, name))]


def mindspore() -> dict[str, Any]:
    """MindSpore's optimizers, its schedules as cells and as lists of rates, and the experimental optimizers."""
    nn = importlib.import_module("mindspore.nn")
    optim = importlib.import_module("mindspore.experimental.optim")
    rates = importlib.import_module("mindspore.experimental.optim.lr_scheduler")
    schedule = importlib.import_module("mindspore.nn.learning_rate_schedule").LearningRateSchedule
    found = [
        *_classes(nn, "mindspore.nn", nn.Optimizer),
        *_classes(nn, "mindspore.nn", schedule),
        *_functions(nn, "mindspore.nn", "_lr"),
        *_classes(optim, "mindspore.experimental.optim", optim.Optimizer),
        *_classes(rates, "mindspore.experimental.optim.lr_scheduler", object),
    ]
    return {"versions": _versions("mindspore"), "signatures": _recorded(found)}


def addons() -> dict[str, Any]:
    """The optimizers of tensorflow_addons; a class's keywords are those of legacy Keras and of its own base classes."""
    addons_keras.prepare()
    module, prefix = importlib.import_module("tensorflow_addons").optimizers, "tensorflow_addons.optimizers"
    found = list(_classes(module, prefix, importlib.import_module("tf_keras").optimizers.legacy.Optimizer))
    base = _keywords(importlib.import_module("tf_keras").optimizers.legacy.Optimizer)
    return {
        "versions": _versions("tensorflow_addons", "tf_keras"),
        "keywords": {prefix: base, **{name: sorted({*base, *_own_keywords(one)}) for name, one in found}},
        "names": {"tfa.optimizers": _public_classes(module)},
        "signatures": _recorded(found),
    }


def _own_keywords(owner: type) -> set[str]:
    """What ``**kwargs`` of a class of tensorflow_addons takes: ``kwargs["..."]``, and its base classes' parameters."""
    source = textwrap.dedent(inspect.getsource(_undecorated(vars(owner)["__init__"])))
    taken = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Subscript)]
    keys = [one.slice for one in taken if ast.unparse(one.value) == "kwargs"]
    found = {key.value for key in keys if isinstance(key, ast.Constant)}
    bases = [one for one in owner.__mro__[1:] if one.__module__.startswith("tensorflow_addons.")]
    found |= {one["name"] for base in bases for one in _parameters(base) if not one["kind"].startswith("var-")}
    return found - {one["name"] for one in _parameters(owner)}


RECORDERS: dict[str, Callable[[], dict[str, Any]]] = {
    "addons": addons,
    "mindspore": mindspore,
    "tensorflow": tensorflow,
}


def _versions(*names: str) -> dict[str, str]:
    return {name: importlib.import_module(name).__version__ for name in names}


def _classes(module: ModuleType, prefix: str, base: type) -> Iterator[Named]:
    for name in getattr(module, "__all__", dir(module)):
        value = getattr(module, name)
        if inspect.isclass(value) and issubclass(value, base) and inspect.isfunction(value.__init__):
            yield f"{prefix}.{name}", value


def _functions(module: ModuleType, prefix: str, part: str) -> Iterator[Named]:
    for name in dir(module):
        if part in name and inspect.isfunction(value := getattr(module, name)):
            yield f"{prefix}.{name}", value


def _recorded(found: list[Named]) -> dict[str, list[dict[str, str | None]]]:
    return {name: _parameters(value) for name, value in sorted(found)}


def _parameters(value: Any) -> list[dict[str, str | None]]:  # noqa: ANN401
    signature = inspect.signature(_undecorated(value.__init__ if inspect.isclass(value) else value))
    return [
        {"name": one.name, "kind": one.kind.name.lower().replace("_", "-"), "default": _default(one)}
        for one in signature.parameters.values()
        if one.name != "self"
    ]


def _undecorated(function: Callable[..., None]) -> Callable[..., None]:
    """The constructor as it was written: MindSpore wraps most of its own in a bare ``(self, *args, **kwargs)``."""
    function = inspect.unwrap(function)
    hidden = inspect.getclosurevars(function).nonlocals.get("fn")
    return _undecorated(hidden) if callable(hidden) else function


def _default(parameter: inspect.Parameter) -> str | None:
    """A Python literal, the type in angle brackets for a default that has no literal, or None where there is none."""
    if parameter.default is parameter.empty:
        return None
    text = repr(parameter.default)
    try:
        ast.literal_eval(text)
    except (SyntaxError, ValueError):
        return f"<{type(parameter.default).__name__}>"
    return text


def _keywords(base: type) -> list[str]:
    """What ``**kwargs`` of Keras' optimizers takes: no signature says it, so it is read from the base class.

    These are the keywords that its source pops from ``kwargs`` or lists as allowed, and the parameters of the base
    class of Keras 2.10, which its optimizers reach through ``**kwargs`` alone.
    """
    methods = [vars(owner).get(name) for owner in base.__mro__ for name in ("__init__", "_process_kwargs")]
    sources = [textwrap.dedent(inspect.getsource(method)) for method in methods if inspect.isfunction(method)]
    found: set[str] = set()
    for node in (node for source in sources for node in ast.walk(ast.parse(source))):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "kwargs.pop":
            found.add(ast.literal_eval(node.args[0]))
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "allowed_kwargs":
            found |= ast.literal_eval(node.value)
    if "gradient_aggregator" in (own := inspect.signature(base).parameters):
        found |= {"gradient_aggregator", "gradient_transformers"} & own.keys()
    return sorted(found)


if __name__ == "__main__":
    main()
