"""The command `report`: its options, and where its page goes.

Nothing is computed here, and what the command needs is imported inside it, so that ``--help`` is quick.
"""

from __future__ import annotations

import sys
from typing import Any

import click

from tf2ms_opt.options import Fidelity, InputError, Scope
from tf2ms_opt.terminal import LANG, Failure, settings, spoken, streams

_EXIT_CODES = """\b
Exit codes:
  0  the page was written, whatever it says
  2  wrong usage, or a file that could not be processed (the page is written, and says which)
"""
#: what a report has no use for, though the configuration may say it for the other commands
_OTHERS = ("diff", "check", "output_dir", "format", "baseline", "statistics", "exit_zero", "quiet", "verbose")


@click.command(epilog=_EXIT_CODES)
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("-o", "--output", required=True, metavar="FILE", help="The page: FILE.html, or - for standard output.")
@LANG
@click.option("--fidelity", type=click.Choice([level.value for level in Fidelity]), help="As in convert.")
@click.option("--scope", type=click.Choice([level.value for level in Scope]), help="As in convert.")
@click.option("--runtime-module", metavar="NAME", help="As in convert.")
@click.option("--tf-version", metavar="X.Y", help="The TensorFlow version that the code was written for.")
@click.option("--mindspore-version", metavar="X.Y", help="The MindSpore version to write for (default 2.10).")
@click.option("--params", metavar="EXPR", help="What to train where the code does not tell: net.trainable_params().")
@click.option("--select", multiple=True, metavar="CODE|RULE", help="Only these rules and findings.")
@click.option("--ignore", multiple=True, metavar="CODE|RULE", help="All but these rules and findings.")
@click.option("--rules", multiple=True, metavar="DIR", help="A directory with more rule files.")
@click.option("--exclude", multiple=True, metavar="GLOB", help="Files to leave out, in gitignore's syntax.")
@click.option("--no-cache", "cache", flag_value=False, default=None, help="As in convert.")
def report(paths: tuple[str, ...], output: str, **given: Any) -> None:  # noqa: ANN401 -- click's
    """Write one HTML page about what convert would do, and nothing else.

    The page is for planning a migration and for reviewing it: the totals, the
    files by what they need, every site with its change, its findings and what
    was measured for it, with filters.  It needs no network and holds the parts
    of your code that it shows.
    """
    import msgspec  # noqa: PLC0415 -- see the module's docstring

    from tf2ms_opt import overview  # noqa: PLC0415
    from tf2ms_opt.wishes import UsageError  # noqa: PLC0415

    try:
        wanted = msgspec.structs.replace(settings(paths, given), **dict.fromkeys(_OTHERS))
        code = overview.report(paths, spoken(wanted), streams(), output)
    except UsageError as error:
        raise click.UsageError(str(error)) from error
    except InputError as error:
        raise Failure(str(error)) from error
    sys.exit(code)
