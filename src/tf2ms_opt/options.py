"""The settings of one conversion, as plain values: what ``engine.convert_source`` takes beside the bytes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from tf2ms_opt.generations import Generation
from tf2ms_opt.neighbours import NOBODY, Neighbours

#: the MindSpore that is written for, and that everything was measured with
DEFAULT_MINDSPORE = "2.10"


class InputError(Exception):
    """A file that steers a run (configuration, rules, baseline) and cannot be used; the text names it."""


class Fidelity(str, Enum):
    """How closely the emitted optimizer follows the source.

    The renaming alone; MindSpore's class, put into the source's state; or a class of the runtime module that computes
    the source's formula to the last bits, wherever MindSpore's class was not measured to do so.
    """

    NAMES = "names"
    STOCK = "stock"
    EXACT = "exact"


class Scope(str, Enum):
    """How much is converted around the constructor: nothing, or the training step that the optimizer is used in."""

    OPTIMIZER = "optimizer"
    STEP = "step"


@dataclass(frozen=True, slots=True)
class Options:
    """Settings that change what is emitted or reported.

    ``tf_version`` and ``mindspore_version`` are ``"2.10"`` or the like, as the user gave them; ``generation`` is given
    instead of the former.  ``pinned_generation`` is what requirement files tell, with ``pinned_by`` naming the file.
    ``select`` and ``ignore`` hold rule names and finding codes (or prefixes of codes).  ``runtime_module`` is the
    dotted name under which the runtime module is to be imported, as the user gave it, and ``package`` that of the
    package which the file's directory is.  ``annotate`` writes a comment above what is left.
    """

    fidelity: Fidelity = Fidelity.STOCK
    tf_version: str | None = None
    generation: Generation | None = None
    params: str | None = None
    pinned_generation: str | None = None
    pinned_by: str | None = None
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    runtime_module: str | None = None
    package: str | None = None
    scope: Scope = Scope.STEP
    mindspore_version: str = DEFAULT_MINDSPORE
    #: what other files of the run say to this one
    neighbours: Neighbours = NOBODY
    annotate: bool = False


def says_generation(options: Options) -> bool:
    """Whether the user said which TensorFlow the code was written for; then no pin counts."""
    return options.tf_version is not None or options.generation is not None


def converts_steps(options: Options) -> bool:
    """Whether the training steps around the optimizers are converted as well."""
    return options.scope is Scope.STEP and options.fidelity is not Fidelity.NAMES
