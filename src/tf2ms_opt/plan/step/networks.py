"""The networks of gradient tapes: under which names they go, and where they are called."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from tf2ms_opt.diagnostics import Finding, finding
from tf2ms_opt.plan.parameters import variables_text
from tf2ms_opt.plan.step.calls import StepLeftError
from tf2ms_opt.plan.step.region import Region, RegionFinder
from tf2ms_opt.trace.models import certain_model
from tf2ms_opt.trace.module import Module
from tf2ms_opt.trace.scopes import Binding, FunctionNode, dotted


def networks_in(module: Module, sources: ast.expr | None) -> frozenset[str]:
    """The networks whose variables an expression names, itself or by what its names stand for."""
    found = variables_text(module, sources) if sources is not None else None
    bases = (dotted(model) for model in (found[1] if found is not None else ()))
    return frozenset(base for base in bases if base is not None)


def other_networks(module: Module, networks: frozenset[str], region: Region) -> frozenset[str]:
    """Further names of ``networks``, which functions of the file give them, and other networks that the region calls.

    Raises ``StepLeftError`` where a network goes on under a name that cannot be followed.
    """
    finder = RegionFinder(module)
    found = set[str]()
    for name in networks:
        for _, use in module.index.uses.get(name, ()):
            parent = module.index.parents[use]
            bound = dotted(parent.targets[0]) if isinstance(parent, ast.Assign) and use is parent.value else None
            if isinstance(parent, ast.Assign) and bound and bound not in networks and not _on_self(module, parent):
                raise StepLeftError(f"the network {name} goes on under another name", parent)
            if isinstance(parent, (ast.List, ast.Tuple, ast.Dict, ast.Set)) and not _in_framework_call(module, parent):
                raise StepLeftError(f"the network {name} goes on in a collection", use)
            function = finder.local(parent.func) if isinstance(parent, ast.Call) and use in parent.args else None
            if function is not None and isinstance(parent, ast.Call):
                found.add(_parameter(module, function, parent, use))
        found |= _from_outside(module, name)
    built = _constructors(module, networks)
    for node in region.nodes():
        key = dotted(node.func) if isinstance(node, ast.Call) else None
        if isinstance(node, ast.Call) and key is not None:
            values = [one.value for one in module.origins(node.func)]
            alike = any(isinstance(one, ast.Call) and module.text(one.func) in built for one in values)
            found |= {key} if alike or certain_model(module, node.func) else set()
    return frozenset(found)


def _constructors(module: Module, networks: frozenset[str]) -> set[str]:
    """The callees that give the networks: what they give is a network under any name."""
    uses = [module.index.uses[name][0][1] for name in networks if module.index.uses.get(name)]
    values = [binding.value for use in uses for binding in module.origins(use)]
    return {module.text(value.func) for value in values if isinstance(value, ast.Call)}


def _from_outside(module: Module, name: str) -> set[str]:
    """``solver.net`` for ``self.net``, where the file calls it through an object of the class."""
    _, _, attribute = name.partition(".")
    if not attribute:
        return set()
    found = set()
    for key, uses in module.index.uses.items():
        called = [use for _, use in uses if _is_callee(module, use)]
        if key != name and key.endswith(f".{attribute}") and key.count(".") == name.count(".") and called:
            base = called[0].value if isinstance(called[0], ast.Attribute) else called[0]
            makers = [one.value.func for one in module.origins(base) if isinstance(one.value, ast.Call)]
            classes = [one.node for maker in makers for one in module.origins(maker)]
            owners = [one for one in classes if isinstance(one, ast.ClassDef)]
            found |= {key} if any(module.attribute_bindings(one, attribute) for one in owners) else set()
    return found


def _is_callee(module: Module, use: ast.expr) -> bool:
    parent = module.index.parents[use]
    return isinstance(parent, ast.Call) and parent.func is use


def _on_self(module: Module, statement: ast.Assign) -> bool:
    """``self.model = model`` in a constructor: both names are followed where they are called."""
    target = statement.targets[0]
    method = module.method_of(module.index.scope(target))
    return method is not None and (dotted(target) or "").partition(".")[0] == method[2]


def _in_framework_call(module: Module, node: ast.AST) -> bool:
    """Whether ``node`` is an argument of Keras: of a model that is built of others."""
    call = module.index.parents[node]
    call = module.index.parents[call] if isinstance(call, ast.keyword) else call
    return isinstance(call, ast.Call) and module.framework_name(call.func) is not None


def _parameter(module: Module, function: FunctionNode, call: ast.Call, use: ast.expr) -> str:
    """The parameter of ``function`` that gets ``use``.  Raises ``StepLeftError`` where the name is used elsewhere."""
    parameters = [one.arg for one in function.args.args]
    place = call.args.index(use) + (1 if isinstance(call.func, ast.Attribute) else 0)
    if place >= len(parameters):
        raise StepLeftError("the network goes to a function as one of several arguments", call)
    name = parameters[place]
    for _, other in module.index.uses.get(name, ()):
        inside = function in module.index.ancestors(other)
        if not inside and name != module.text(use) and not all(_is_model(module, one) for one in module.origins(other)):
            raise StepLeftError(f"{name} is the network in {function.name}() and something else elsewhere", other)
    return name


def _is_model(module: Module, binding: Binding) -> bool:
    return isinstance(binding.value, ast.Call) and certain_model(module, binding.value)


def is_flagged(module: Module, call: ast.Call) -> bool:
    """A call that is told the training mode, and no function of the file."""
    flagged = any(keyword.arg == "training" for keyword in call.keywords)
    return flagged and RegionFinder(module).local(call.func) is None and not module.framework_name(call.func)


def network_calls(module: Module, networks: frozenset[str]) -> Iterator[ast.Call]:
    """Every call of a network of the file, in any function, but for those in the networks' own classes."""
    for call in module.index.calls:
        if (dotted(call.func) in networks or is_flagged(module, call)) and not _in_network(module, call):
            yield call


def _in_network(module: Module, node: ast.AST) -> bool:
    """Whether ``node`` stands in a class that derives from one of TensorFlow's."""
    for one in module.index.ancestors(node):
        if isinstance(one, ast.ClassDef) and any(_derives(module, base) for base in one.bases):
            return True
    return False


def _derives(module: Module, base: ast.expr) -> bool:
    if module.framework_name(base):
        return True
    nodes = [binding.node for binding in module.origins(base)]
    return any(isinstance(node, ast.ClassDef) and any(_derives(module, one) for one in node.bases) for node in nodes)


def embeddings(module: Module, generation: str) -> Iterable[Finding]:
    """Layers whose gradients are sparse, in the generations in which that makes a difference."""
    for call in module.cached(_embedding_layers) if generation != "tf2.11" else ():
        yield finding("sparse-embedding", *module.position(call), layer=module.text(call.func))


def _embedding_layers(module: Module) -> list[ast.Call]:
    return [call for call in module.index.calls if module.keras_path(call.func) == "layers.Embedding"]
