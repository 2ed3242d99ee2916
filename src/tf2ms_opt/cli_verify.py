"""The command `verify`: its options, and what they mean to the parity lab.

Nothing is computed here, and what the command needs is imported inside it, so that ``--help`` is quick.
"""

from __future__ import annotations

import ast
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tf2ms_opt.options import Fidelity
from tf2ms_opt.terminal import Failure, console, settings, streams

if TYPE_CHECKING:
    from tf2ms_opt.verify import Wishes

_EXIT_CODES = """\b
Exit codes:
  0  everything that was run agrees (--rule: is within what the rule claims)
  1  something differs, fails, or could not be run
  2  wrong usage, or a framework that is not there
"""
_MODES = {"pynative": ("PYNATIVE",), "graph": ("GRAPH",), "both": ("PYNATIVE", "GRAPH")}


@click.command(epilog=_EXIT_CODES)
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("--rule", metavar="NAME", help="Verify the whole matrix of a rule instead of files.")
@click.option("--set", "values", multiple=True, metavar="NAME=VALUE", help="For what is no literal: args.lr=1e-3.")
@click.option("--fidelity", type=click.Choice([level.value for level in Fidelity]), help="As in convert.")
@click.option("--tf-version", metavar="X.Y", help="The TensorFlow version that the code was written for.")
@click.option("--rules", multiple=True, metavar="DIR", help="A directory with more rule files.")
@click.option("--steps", type=click.IntRange(1), default=250, show_default=True, help="Training steps.")
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of weights and gradients.")
@click.option("--scale", "scales", type=float, multiple=True, help="Size of the gradients [default: 1e-6 to 1e2].")
@click.option("--tolerance", type=float, default=1e-6, show_default=True, help="Deviation that still agrees.")
@click.option("--mode", type=click.Choice(list(_MODES)), default="both", show_default=True, help="MindSpore's mode.")
@click.option("--tf-mode", type=click.Choice(["eager", "function"]), default="eager", help="TensorFlow's mode [eager].")
@click.option("--device", default="CPU", show_default=True, help="MindSpore's device: CPU, GPU or Ascend.")
@click.option("--tf-python", metavar="FILE", default=sys.executable, help="The Python that has TensorFlow [this one].")
@click.option("--ms-python", metavar="FILE", default=sys.executable, help="The Python that has MindSpore [this one].")
@click.option("--format", type=click.Choice(["text", "json"]), default="text", help="Form of the report.")
@click.option("--plot", metavar="FILE", help="Draw both trajectories into FILE (.png or .svg).")
def verify(paths: tuple[str, ...], rule: str | None, **given: Any) -> None:  # noqa: ANN401 -- click's
    """Run the original optimizer and the emitted one, and measure how far they are apart.

    Each optimizer of the files PATH whose arguments are literal is built anew
    from its values, by TensorFlow as it was and by MindSpore as it would be
    converted, and both train the same tensors on the same gradients.  Your
    code is not executed.  Needs both frameworks:
    pip install 'tf2ms-opt[verify]'
    """
    from tf2ms_opt import verify as lab  # noqa: PLC0415 -- see the module's docstring
    from tf2ms_opt.config import ConfigError  # noqa: PLC0415
    from tf2ms_opt.lab.processes import LabError  # noqa: PLC0415
    from tf2ms_opt.ruleset import RuleFileError  # noqa: PLC0415
    from tf2ms_opt.wishes import UsageError  # noqa: PLC0415

    if bool(paths) == (rule is not None):
        raise click.UsageError("give either files (PATH...) or one rule (--rule NAME)")
    try:
        shared = settings(paths, {name: given[name] for name in ("fidelity", "tf_version", "rules")})
        wishes = _wishes(given)
        if rule is not None:
            code = lab.verify_rule(rule, shared, wishes, streams(), console(err=False))
        else:
            code = lab.verify_files(paths, shared, wishes, streams(), console(err=False))
    except (UsageError, ValueError) as error:
        raise click.UsageError(str(error)) from error
    except (ConfigError, RuleFileError, LabError) as error:
        raise Failure(str(error)) from error
    sys.exit(code)


def _wishes(given: dict[str, Any]) -> Wishes:
    from tf2ms_opt.lab.experiments import SCALES, Inputs  # noqa: PLC0415
    from tf2ms_opt.lab.processes import Bench  # noqa: PLC0415
    from tf2ms_opt.verify import Wishes  # noqa: PLC0415

    plot = Path(given["plot"]) if given["plot"] else None
    if plot is not None and plot.suffix.lower() not in (".png", ".svg"):
        raise click.UsageError(f"--plot: {plot} is neither a .png nor a .svg")
    if any(scale <= 0 for scale in given["scales"]):
        raise click.UsageError("--scale: the size of a gradient is above 0")
    bench = Bench(
        given["tf_python"], given["ms_python"], _MODES[given["mode"]], device=given["device"],
        tensorflow_mode=given["tf_mode"],
    )  # fmt: skip
    scales = tuple(sorted(set(given["scales"]))) or SCALES
    inputs = Inputs(given["steps"], given["seed"], scales)
    values = dict(_value(text) for text in given["values"])
    return Wishes(inputs, bench, given["tolerance"], values, plot, json=given["format"] == "json")


def _value(text: str) -> tuple[str, object]:
    """``NAME=VALUE``, the value a Python literal."""
    name, _, value = text.partition("=")
    try:
        return name.strip(), ast.literal_eval(value.strip())
    except (ValueError, SyntaxError):
        raise click.UsageError(f"--set: {text!r} is not NAME=VALUE with a literal value (args.lr=1e-3)") from None
