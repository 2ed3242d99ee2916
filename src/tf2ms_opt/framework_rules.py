"""The schema of the framework's table (``rules/base/framework.toml``): what all rules share of TensorFlow and Keras."""

from __future__ import annotations

from tf2ms_opt.rules import Action, Parameter, Table


class Generation(Table, frozen=True):
    """One generation of the source framework: where its optimizers live and what its base class accepts."""

    title: str
    modules: tuple[str, ...]
    #: where today's packages still have this generation: the parity lab runs it from there
    stand_in: str
    schedule_modules: tuple[str, ...] = ()
    schedule_stand_in: str = ""
    #: the generation whose schedules it takes, where it has none of its own
    schedules: str = ""
    #: arguments of minimize and apply_gradients for which an optimizer is left, and why
    step_refuses: dict[str, str] = {}  # noqa: RUF012 -- msgspec copies it
    #: the runtime's class that carries out what the base class does around every update rule
    wrapper: str = ""
    #: base-class parameters that follow the optimizer's own, in positional order
    parameter: tuple[Parameter, ...] = ()


class SharedParameter(Table, frozen=True):
    """What becomes of a base-class parameter in every generation that has it."""

    action: Action
    inert: tuple[str, ...] = ()
    reason: str = ""
    help: str = ""
    #: the parameter without which this one does nothing
    only_with: str = ""


class Older(Table, frozen=True):
    """What only code of these generations has."""

    generations: tuple[str, ...]
    #: keywords of Keras' model methods and layers
    arguments: tuple[str, ...] = ()
    #: modules below Keras, or whole names of others
    modules: tuple[str, ...] = ()


class WithoutRule(Table, frozen=True):
    """Optimizers that are left and named."""

    #: below Keras, or dotted names
    names: tuple[str, ...]
    reason: str


class OwnMethod(Table, frozen=True):
    """Methods of a Keras optimizer class, and what they become on MindSpore's."""

    names: tuple[str, ...]
    becomes: str


class OwnOptimizer(Table, frozen=True):
    """What is said of a file's own optimizer class."""

    #: the next step; ``{name}`` is the class
    help: str
    #: what stands in place of the methods where the class has none of them
    nothing: str
    method: tuple[OwnMethod, ...]


class Framework(Table, frozen=True):
    """What all rules share of the source framework (``rules/base/framework.toml``)."""

    #: from the oldest to the newest
    generation: dict[str, Generation]
    parameter: dict[str, SharedParameter]
    #: prefix of a dotted name -> the prefix under which rules know it
    aliases: dict[str, str]
    #: modules that are Keras, whatever their version
    keras: tuple[str, ...]
    #: packages whose functions and classes are TensorFlow's
    packages: tuple[str, ...]
    #: callables that wrap an optimizer, by their last name
    wrappers: tuple[str, ...]
    #: packages whose objects have a ``compile`` that is not Keras'
    own_compile: tuple[str, ...]
    #: the rule of the schedule that legacy Keras' ``decay=`` stands for
    learning_rate_decay: str
    #: what the file's own optimizers become
    own_optimizer: OwnOptimizer
    #: functions that look an optimizer up by name, below a Keras module
    lookups: tuple[str, ...]
    #: generation -> the one whose classes its Keras builds from a serialized optimizer
    deserialized: dict[str, str] = {}  # noqa: RUF012
    #: what the file's own optimizers are derived from, below Keras or as a dotted name
    base_classes: tuple[str, ...] = ()
    #: the first that fits says why
    without_rule: tuple[WithoutRule, ...] = ()
    #: what tells of code that it is older than the newest generation
    older: tuple[Older, ...] = ()

    def schedules_of(self, generation: str) -> str:
        """The generation of the schedules that an optimizer of ``generation`` takes."""
        return self.generation[generation].schedules or generation
