"""Follows the code that builds a network: what it takes from elsewhere, and the penalties in it."""

from __future__ import annotations

import ast
from collections import deque
from collections.abc import Iterator

from tf2ms_opt.offers import Penalty, Taken
from tf2ms_opt.plan.between import growth
from tf2ms_opt.plan.constraints import constraints
from tf2ms_opt.plan.layers import regularizers
from tf2ms_opt.plan.scattered import Scattered, scattered, shortened
from tf2ms_opt.trace.constants import says_none
from tf2ms_opt.trace.handed import argument, calls_of, default_of, parameter_name
from tf2ms_opt.trace.indexing import children
from tf2ms_opt.trace.module import Module
from tf2ms_opt.trace.outside import outside
from tf2ms_opt.trace.scopes import Binding, BindingKind, FunctionNode, dotted

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_DEFINITIONS = (*_FUNCTIONS, ast.ClassDef)
#: methods of a layer that make a variable, whose keyword for its penalty has a name of its own
_VARIABLES = {"add_weight", "add_variable", "get_variable"}


def _named(module: Module) -> dict[ast.Call, list[ast.keyword]]:
    """Call -> the regularizers that it is given, then the constraints."""
    found: dict[ast.Call, list[ast.keyword]] = {}
    pairs = [(one.layer, one.keyword) for one in module.cached(regularizers)]
    for call, keyword in (*pairs, *module.cached(constraints)):
        found.setdefault(call, []).append(keyword)
    return found


def _scattered(module: Module) -> dict[ast.AST, list[Scattered]]:
    found: dict[ast.AST, list[Scattered]] = {}
    for one in module.cached(scattered):
        found.setdefault(one.node, []).append(one)
    return found


class Building:
    """A worklist of code that builds a network.

    ``function`` is the one whose parameters are told by who takes it; ``model`` the network that is asked about.
    """

    def __init__(self, module: Module, *, function: FunctionNode | None = None, model: ast.expr | None = None) -> None:
        self.module = module
        self.function = function
        #: whether it has a parameter that may be None
        self.optional = function is not None and any(map(says_none, _defaults(function)))
        self.model = model
        self.penalties: list[Penalty] = []
        self.takes: list[Taken] = []
        self._pending: list[ast.AST] = []
        self._seen: set[ast.AST] = set()

    def enter(self, node: ast.AST) -> None:
        self._pending.append(node)
        while self._pending:
            below = deque([self._pending.pop()])
            while below:
                one = below.popleft()
                if one in self._seen:  # and with it all that is below
                    continue
                self._seen.add(one)
                self.penalties += [self._scattered(each) for each in self.module.cached(_scattered).get(one, ())]
                if isinstance(one, ast.Call):
                    self._call(one)
                elif isinstance(one, (ast.Name, ast.Attribute)) and self._is_value(one):
                    self._named(one)
                below.extend(children(one))

    def bound(self, binding: Binding) -> None:
        """Follow what a name is bound to, and what is added to that later."""
        for one in self._values(binding):
            self.enter(one)

    def changed_later(self) -> None:
        """What is set on layers at the file's top, whatever they belong to."""
        top = [
            one for one in self.module.cached(scattered) if one.sets and self.module.index.function(one.node) is None
        ]
        self.penalties += [self._scattered(one) for one in top]

    def _values(self, binding: Binding) -> Iterator[ast.expr]:
        if binding.value is not None:
            yield binding.value
            yield from self._grown(binding)
        match binding.node:
            case ast.Assign(value=value) if binding.value is None:  # one of several: model, base = build()
                yield value
                yield from self._grown(binding)
            case ast.For() | ast.AsyncFor():
                yield binding.node.iter
            case ast.With() | ast.AsyncWith():
                yield from (item.context_expr for item in binding.node.items)

    def _grown(self, binding: Binding) -> Iterator[ast.expr]:
        """The calls that add layers or losses to what a name is bound to."""
        uses = [use for _, use in growth(self.module, binding.key)]
        uses += [use for _, use in self.module.index.uses.get(f"{binding.key}.add_loss", ())]
        for use in uses:
            call = self.module.index.parents[use]
            if isinstance(call, ast.Call) and call.func is use:
                yield call

    def _is_value(self, node: ast.Name | ast.Attribute) -> bool:
        """Whether ``node`` is read as a whole, or is the object of a method that is called."""
        if not isinstance(node.ctx, ast.Load):
            return False
        if node is self.model:
            return True
        parent = self.module.index.parents[node]
        if isinstance(parent, ast.Attribute):
            call = self.module.index.parents[parent]
            return isinstance(call, ast.Call) and call.func is parent
        return not (isinstance(parent, ast.Call) and parent.func is node)

    def _call(self, call: ast.Call) -> None:
        self.penalties += self._penalties(call)
        given = self._given(call)
        if (method := self.module.own_method(call.func)) is not None:
            self._pending.append(method)
            return
        if not isinstance(call.func, (ast.Name, ast.Attribute)):
            return
        for one in self.module.origins(call.func):
            self._definition(one, given)
            self._pending += self._values(one)  # what is called may be made by a call itself: functools.partial
        self.takes += [Taken(name, given) for name in outside(self.module, call.func)]
        if isinstance(call.func, ast.Attribute):
            self._inherited(call.func)

    def _named(self, node: ast.Name | ast.Attribute) -> None:
        self.takes += [Taken(name) for name in outside(self.module, node)]
        bindings = self.module.origins(node)
        for one in bindings:
            if one.kind is BindingKind.PARAMETER:
                self._parameter(node, one)
            elif isinstance(one.node, _DEFINITIONS):
                self._definition(one, None)
            elif one.kind is not BindingKind.IMPORT:
                self._pending += self._values(one)
        if not bindings and isinstance(node, ast.Attribute):
            self._inherited(node)
            if isinstance(node.value, (ast.Name, ast.Attribute)):
                self._named(node.value)

    def _definition(self, binding: Binding, given: tuple[tuple[str, str], ...] | None) -> None:
        node = binding.node
        if isinstance(node, _DEFINITIONS):
            if self.module.index.scope(node) is self.module.index.top:
                self.takes.append(Taken(node.name, given))
            else:
                self._pending.append(node)

    def _parameter(self, node: ast.expr, binding: Binding) -> None:
        """What a parameter is at the calls in this file; a model may also be the self of a class."""
        if self.model is None:
            return  # whoever takes the function says what it is given
        method = self.module.method_of(self.module.index.scope(node))
        if method is not None and binding.key == method[2]:
            if node is self.model:
                self._pending.append(method[0])
            return
        if name := parameter_name(self.module, binding):
            self.takes.append(Taken(name))
        function = self.module.index.parents[self.module.index.parents[binding.node]]
        if isinstance(function, _FUNCTIONS):
            bound = self.module.index.enclosing_class(function) is not None
            given = [argument(function, call, binding.key, method=bound) for call in calls_of(self.module, function)]
            self._pending += [one for one in given if one is not None]

    def _inherited(self, node: ast.Attribute) -> None:
        """An attribute of self that its class does not bind: the classes above may."""
        method = self.module.method_of(self.module.index.scope(node))
        on_self = method is not None and dotted(node.value) == method[2]
        on_super = isinstance(node.value, ast.Call) and dotted(node.value.func) == "super"
        if method is not None and (on_self or on_super):
            for base in method[0].bases:
                self.takes += [Taken(name) for name in outside(self.module, base)]
                for one in self.module.origins(base):
                    self._definition(one, None)

    def _penalties(self, call: ast.Call) -> Iterator[Penalty]:
        for keyword in self.module.cached(_named).get(call, ()):
            yield self._penalty(keyword, keyword.value)
        name = (dotted(call.func) or "").rpartition(".")[2]
        keywords = [one for one in call.keywords if one.arg == "regularizer" and name in _VARIABLES]
        yield from (self._penalty(one, one.value) for one in keywords if not says_none(one.value))
        if name in ("add_loss", "ActivityRegularization"):
            yield self._penalty(call, None)

    def _scattered(self, one: Scattered) -> Penalty:
        return Penalty(self.module.position(one.node)[0], one.text)

    def _penalty(self, node: ast.expr | ast.keyword, value: ast.expr | None) -> Penalty:
        text = shortened(self.module.text(node))
        return Penalty(self.module.position(node)[0], text, self._through(value) if value is not None else "")

    def _given(self, call: ast.Call) -> tuple[tuple[str, str], ...] | None:
        if any(isinstance(one, ast.Starred) for one in call.args) or any(one.arg is None for one in call.keywords):
            return None
        given = [(str(number), one) for number, one in enumerate(call.args)]
        given += [(one.arg or "", one.value) for one in call.keywords]
        return tuple((name, self._through(value)) for name, value in given if not says_none(value))

    def _through(self, value: ast.expr, depth: int = 4) -> str:
        """The parameter of the function whose value this is, where that is None unless it is given."""
        if not self.optional:
            return ""
        if isinstance(value, ast.Call) and self.module.keras_path(value.func) == "regularizers.get" and value.args:
            return self._through(value.args[0], depth)
        bindings = self.module.origins(value) if isinstance(value, (ast.Name, ast.Attribute)) else ()
        if len(bindings) != 1 or self.function is None:
            return ""
        (only,) = bindings
        if only.kind is BindingKind.ASSIGN and only.value is not None and depth:
            return self._through(only.value, depth - 1)
        default = default_of(self.module, only) if only.kind is BindingKind.PARAMETER else None
        own = default is not None and self.module.index.parents[only.node] is self.function.args
        return only.key if own and default is not None and says_none(default) else ""


def _defaults(function: FunctionNode) -> list[ast.expr | None]:
    return [*function.args.defaults, *function.args.kw_defaults]
