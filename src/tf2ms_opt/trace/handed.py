"""What a call hands over: which parameter of a function of this file gets a value, and what ``compile`` gets."""

from __future__ import annotations

import ast

from tf2ms_opt.neighbours import Parameter, Taker
from tf2ms_opt.trace.module import Module
from tf2ms_opt.trace.scopes import Binding, FunctionNode

#: what sets attributes by names that are values
_BY_NAME = ("setattr", "vars", "object.__setattr__")


def parameter_of(module: Module, call: ast.Call, value: ast.expr) -> tuple[FunctionNode, str] | None:
    """The function of this file that ``call`` runs, and its parameter that gets ``value``; None for any other call.

    For a class of this file that is its ``__init__``.
    """
    function = function_of(module, call)
    if function is None or any(isinstance(one, ast.Starred) for one in call.args):
        return None
    names = [one.arg for one in (*function.args.posonlyargs, *function.args.args)]
    built = function.name == "__init__" and module.index.enclosing_class(function) is not None
    names = names[1:] if built or isinstance(call.func, ast.Attribute) else names
    for keyword in call.keywords:
        if keyword.value is value and keyword.arg in (*names, *(one.arg for one in function.args.kwonlyargs)):
            return function, keyword.arg or ""
    place = call.args.index(value) if value in call.args else len(names)
    return (function, names[place]) if place < len(names) else None


def function_of(module: Module, call: ast.Call) -> FunctionNode | None:
    """The function of this file that ``call`` runs, where a name or ``self`` tells it; of a class, its ``__init__``."""
    nodes = [binding.node for binding in module.origins(call.func)]
    function = nodes[0] if len(nodes) == 1 and isinstance(call.func, ast.Name) else module.own_method(call.func)
    if isinstance(function, ast.ClassDef):
        function = next((one for one in function.body if getattr(one, "name", "") == "__init__"), None)
    return function if isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)) else None


def parameter_name(module: Module, binding: Binding) -> str:
    """``build(rate)``, ``Trainer(model)`` or ``Trainer.fit(rate)``: a parameter by the name that other files call.

    Empty for one of a function that they cannot name.
    """
    function = module.index.parents.get(module.index.parents[binding.node])
    if not isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return ""
    owner = module.index.enclosing_class(function)
    if module.index.scope(owner or function) is not module.index.top:
        return ""
    own = owner is not None and function.name == "__init__"
    names = [owner.name if owner is not None else "", "" if own else function.name]
    return f"{'.'.join(filter(None, names))}({binding.key})"


def parameters_of(function: FunctionNode, *, bound: bool) -> tuple[str, ...]:
    """The names of the positional parameters, without self of a method (``bound``) that is called on an object."""
    static = any(isinstance(one, ast.Name) and one.id == "staticmethod" for one in function.decorator_list)
    names = tuple(one.arg for one in (*function.args.posonlyargs, *function.args.args))
    return names[1:] if bound and not static else names


def calls_of(module: Module, function: FunctionNode) -> list[ast.Call]:
    """The calls of ``function`` in this file that are told by its name, or by that of the class it builds."""
    owner = module.index.enclosing_class(function)
    if owner is not None and function.name != "__init__":
        return []
    named: ast.ClassDef | FunctionNode = owner or function
    found = []
    for _, use in module.index.uses.get(named.name, ()):
        call = module.index.parents[use]
        if isinstance(call, ast.Call) and call.func is use and any(one.node is named for one in module.origins(use)):
            found.append(call)
    return found


def argument(function: FunctionNode, call: ast.Call, name: str, *, method: bool) -> ast.expr | None:
    """What ``call`` gives to the parameter ``name``, where it is written out."""
    names = [one.arg for one in (*function.args.posonlyargs, *function.args.args)][int(method) :]
    by_name = {one.arg: one.value for one in call.keywords}
    if name in by_name:
        return by_name[name]
    place = names.index(name) if name in names else len(call.args)
    plain = not any(isinstance(one, ast.Starred) for one in call.args)
    return call.args[place] if plain and place < len(call.args) else None


def default_of(module: Module, binding: Binding) -> ast.expr | None:
    """The default of a parameter."""
    arguments = module.index.parents.get(binding.node)
    if not isinstance(arguments, ast.arguments):
        return None
    positional = [*arguments.posonlyargs, *arguments.args]
    pairs = [*zip(reversed(positional), reversed(arguments.defaults), strict=False)]
    pairs += [(one, value) for one, value in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if value]
    return next((value for one, value in pairs if one is binding.node), None)


def optimizer_argument(call: ast.Call) -> ast.expr | None:
    """What ``X.compile(...)`` gets as its optimizer: the keyword, else the first argument."""
    for keyword in call.keywords:
        if keyword.arg == "optimizer":
            return keyword.value
    if call.args and not isinstance(call.args[0], ast.Starred):
        return call.args[0]
    return None


def taker_of(module: Module, call: ast.Call | None, value: ast.expr) -> Taker | None:
    """What the function of another file does with the optimizer ``value`` that ``call`` hands to it, if it is known."""
    every = module.takers.get(module.position(call), ()) if call is not None and module.takers else ()
    return next((one for one in every if call is not None and argument_for(call, one.optimizer) is value), None)


def argument_for(call: ast.Call, parameter: Parameter) -> ast.expr | None:
    """What ``call`` passes for a parameter of a function in another file; None if that is not written in it."""
    for keyword in call.keywords:
        if keyword.arg == parameter.name:
            return keyword.value
    if any(isinstance(one, ast.Starred) for one in call.args) or parameter.position is None:
        return None
    return call.args[parameter.position] if parameter.position < len(call.args) else None


def constructor_of(module: Module, value: ast.expr) -> ast.Call | None:
    """The call that gives the object ``value``, if it can be no other one."""
    if isinstance(value, ast.Call):
        return value
    bindings = module.origins(value)
    built = bindings[0].value if len(bindings) == 1 else None
    return built if isinstance(built, ast.Call) else None


def keeps_to_itself(module: Module, owner: ast.ClassDef, attribute: str, *, read: bool) -> bool:
    """Whether nothing but the methods of ``owner`` sets ``self.attribute``; with ``read``, nor reads it.

    A class with others above or below it in the file, and a file that sets attributes by their names, do not tell.
    """
    if module.relatives(owner) or any(key in _BY_NAME or key.endswith(".__dict__") for key in module.index.uses):
        return False
    found = [*module.index.bound.items(), *(module.index.uses.items() if read else ())]
    for key, places in found:
        if key.endswith(f".{attribute}"):
            for scope, _ in places:
                method = module.method_of(scope)
                if method is None or key != f"{method[2]}.{attribute}":  # self of another class is another object
                    return False
    return True
