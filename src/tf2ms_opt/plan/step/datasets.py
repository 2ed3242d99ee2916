"""``tf.data`` pipelines of arrays that feed a converted loop or a trainer, as MindSpore's."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator

from tf2ms_opt.facts import Splice
from tf2ms_opt.plan.imports import DATASET, Aliases
from tf2ms_opt.plan.step.changes import StepEdits
from tf2ms_opt.trace.module import Module
from tf2ms_opt.trace.scopes import dotted

#: method -> the parameters that mean the same in both, in their order
_METHODS = {
    "shuffle": ("buffer_size",), "batch": ("batch_size", "drop_remainder"), "repeat": ("count",), "take": ("count",)
}  # fmt: skip
#: methods that change no element
_WITHOUT = {"prefetch", "cache"}


class Datasets:
    """Converts the pipelines of a module into ``edits``; one that cannot be is left, and its elements still do."""

    def __init__(self, module: Module, names: Aliases, edits: StepEdits) -> None:
        self._module = module
        self._names = names
        self._edits = edits

    def convert(self) -> None:
        for call in self._module.cached(_sources):
            self._pipeline(call)

    def feeding(self, takers: Collection[ast.expr]) -> set[ast.expr]:
        """Convert the pipelines of batches that only ``takers``, arguments of a trainer, read; and which read one."""
        fed: set[ast.expr] = set()
        for call in self._module.cached(_sources):
            chain = self._known_chain(call)
            names = [link.func.attr for link in chain or () if isinstance(link.func, ast.Attribute)]
            readers = self._readers(chain[-1]) if chain and names.count("batch") == 1 else []
            if chain and readers and set(readers) <= set(takers):
                self._edit(call, chain)
                fed.update(readers)
        return fed

    def _known_chain(self, source: ast.Call) -> list[ast.Call] | None:
        """The calls behind ``source``, a pipeline of arrays, if MindSpore has them all."""
        if len(source.args) != 1 or source.keywords or not self._arrays(source):
            return None
        chain = list(self._chain(source))
        return chain if all(map(self._same, chain)) else None

    def _arrays(self, source: ast.Call) -> list[ast.Name]:
        """The names of the arrays that ``source`` slices; nothing if one is no array under a name."""
        every = source.args[0].elts if isinstance(source.args[0], ast.Tuple) else [source.args[0]]
        names = [one for one in every if isinstance(one, ast.Name) and self._is_array(one)]
        return names if len(names) == len(every) else []

    def _pipeline(self, source: ast.Call) -> None:
        """One pipeline, from its source to the loops that read it."""
        chain = self._known_chain(source)
        if chain is None:
            return
        arrays = self._arrays(source)
        top = chain[-1] if chain else source
        loops = self._loops(top)
        if loops is None or (len(arrays) == 1 and any(not isinstance(self._element(one), ast.Name) for one in loops)):
            return
        self._edit(source, chain)
        for loop in loops if len(arrays) == 1 else ():
            element = self._element(loop)
            start, end = self._module.source.start(element), self._module.source.end(element)
            self._edits.splices += [Splice(start, start, ("(",)), Splice(end, end, (",)",))]

    def _chain(self, call: ast.Call) -> Iterator[ast.Call]:
        """The calls that are made one on the other, also through a name: ``.shuffle(...).batch(...)``."""
        parents = self._module.index.parents
        current: ast.expr = call
        while True:
            attribute = parents[current]
            if isinstance(attribute, ast.Assign) and len(readers := self._readers(current)) == 1:
                attribute = parents[readers[0]]
            outer = parents[attribute] if isinstance(attribute, ast.Attribute) else None
            if not (isinstance(outer, ast.Call) and outer.func is attribute):
                return
            yield outer
            current = outer

    def _readers(self, top: ast.expr) -> list[ast.expr]:
        """Where a pipeline is read: itself, or its only name."""
        parent = self._module.index.parents[top]
        if isinstance(parent, ast.Assign) and len(parent.targets) == 1 and (key := dotted(parent.targets[0])):
            return list(self._module.readers(key, top)) if "." not in key else []
        return [top]

    def _same(self, call: ast.Call) -> bool:
        assert isinstance(call.func, ast.Attribute)  # noqa: S101 -- a link of the chain
        name = call.func.attr
        if name in _WITHOUT:
            return not self._has_comment(call)
        if name == "repeat" and not any(
            self._counts(one) for one in (*call.args, *(one.value for one in call.keywords))
        ):
            return False  # without an end
        if name == "shuffle" and any(self._module.constant(one) == (True, 1) for one in call.args):
            return False  # MindSpore wants two at least
        order = _METHODS.get(name)
        given = [keyword.arg for keyword in call.keywords]
        return order is not None and len(call.args) <= len(order) and all(one in order for one in given)

    def _counts(self, node: ast.expr) -> bool:
        """Whether a number of repetitions ends: it is not None or -1."""
        known, value = self._module.constant(node)
        return not known or (isinstance(value, int) and value >= 0)

    def _has_comment(self, call: ast.Call) -> bool:
        assert isinstance(call.func, ast.Attribute)  # noqa: S101 -- a link of the chain
        source = self._module.source
        return b"#" in source.data[source.end(call.func.value) : source.end(call)]

    def _is_array(self, name: ast.Name) -> bool:
        """Nothing says that the name stands for a tensor or a pipeline of TensorFlow."""
        for binding in self._module.origins(name):
            value = binding.value
            func = value.func if isinstance(value, ast.Call) else None
            framework = self._module.framework_name(func) if func is not None else None
            if framework and not framework.endswith(".load_data"):
                return False
        return True

    def _loops(self, top: ast.Call) -> list[ast.For] | None:
        """The loops that read the pipeline, if nothing else does."""
        parents = self._module.index.parents
        found = []
        for reader in self._readers(top):
            outer = parents[reader]
            if isinstance(outer, ast.Call) and isinstance(outer.func, ast.Name) and outer.func.id == "enumerate":
                outer = parents[outer]
            if not isinstance(outer, ast.For):
                return None
            found.append(outer)
        return found or None

    @staticmethod
    def _element(loop: ast.For) -> ast.expr:
        """What a loop binds to each element."""
        counted = isinstance(loop.iter, ast.Call) and isinstance(loop.iter.func, ast.Name)
        if counted and isinstance(loop.target, ast.Tuple) and loop.target.elts:
            return loop.target.elts[-1]
        return loop.target

    def _edit(self, call: ast.Call, chain: list[ast.Call]) -> None:
        source = self._module.source
        start, end = source.start(call.func), source.end(call.func)
        self._edits.splices.append(Splice(start, end, (self._names.names[DATASET],)))
        after = source.end(call.args[0])
        self._edits.splices.append(Splice(after, after, (", shuffle=False",)))
        self._edits.gone.append(call.func)
        self._edits.needs.add(DATASET)
        for link in chain:
            assert isinstance(link.func, ast.Attribute)  # noqa: S101 -- a link of the chain
            if link.func.attr in _WITHOUT:
                self._edits.splices.append(Splice(source.end(link.func.value), source.end(link), ()))
                self._edits.gone += [*link.args, *(keyword.value for keyword in link.keywords)]


def _sources(module: Module) -> list[ast.Call]:
    """Where pipelines of arrays begin."""
    name = "tensorflow.data.Dataset.from_tensor_slices"
    return [call for call in module.index.calls if module.framework_name(call.func) == name]
