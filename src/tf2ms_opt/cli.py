"""The command line: commands, options, streams and exit codes.

Nothing is computed here, and what a command needs is imported inside it, so that ``--help`` is quick.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, get_args

import click

from tf2ms_opt import __version__
from tf2ms_opt.cli_report import report
from tf2ms_opt.cli_verify import verify
from tf2ms_opt.generations import Generation
from tf2ms_opt.options import Fidelity, InputError, Scope
from tf2ms_opt.terminal import LANG, Failure, Program, console, lexicon, said, settings, spoken, streams

if TYPE_CHECKING:
    from tf2ms_opt.language import Language
    from tf2ms_opt.rules import Rule
    from tf2ms_opt.ruleset import RuleSet

Command = TypeVar("Command", bound=Callable[..., Any])

#: syntax trees are large, and nothing in them is garbage until all is: collecting as often as usual is a fifth of a run
_COLLECTED = (50_000, 10, 10)
_EXIT_CODES = """\b
Exit codes:
  0  nothing is left for a person
  1  something is left, or --check/--diff would change something
  2  wrong usage, or a file that could not be processed
"""


@click.group(cls=Program, epilog=_EXIT_CODES, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="tf2ms-opt")
def main() -> None:
    """Move the optimizers of TensorFlow/Keras training code to MindSpore.

    No silent change of meaning: every optimizer is converted, converted with a
    named difference to review, or left with the reason and what to do.
    """
    gc.set_threshold(*_COLLECTED)


def _complete(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    """The rules and codes that a shell offers."""
    from tf2ms_opt.diagnostics import catalogue  # noqa: PLC0415 -- see the module's docstring
    from tf2ms_opt.ruleset import load  # noqa: PLC0415

    names = [*load().rules, *(entry.code for entry in catalogue().values())]
    return [name for name in names if name.lower().startswith(incomplete.lower())]


def _flag(*names: str, help: str) -> Callable[[Command], Command]:
    """A switch that may also be left unsaid, and a hidden ``--no-`` that undoes what the configuration says."""
    long = next(name for name in names if name.startswith("--"))
    field = long.removeprefix("--").replace("-", "_")

    def decorate(command: Command) -> Command:
        command = click.option(f"--no-{long.removeprefix('--')}", field, flag_value=False, default=None, hidden=True)(
            command
        )
        return click.option(*names, field, flag_value=True, default=None, help=help)(command)

    return decorate


def _names(name: str, help: str) -> Callable[[Command], Command]:
    return click.option(name, multiple=True, metavar="CODE|RULE", shell_complete=_complete, help=help)


_OPTIONS: tuple[Callable[[Any], Any], ...] = (
    click.argument("paths", nargs=-1, required=True, metavar="PATH..."),
    _flag("--diff", "--dry-run", help="Print a unified diff (`git apply` takes it) and write nothing."),
    click.option(
        "--format", type=click.Choice(["text", "concise", "json", "github", "sarif"]), help="Form of the report."
    ),
    LANG,
    click.option(
        "--fidelity",
        type=click.Choice([level.value for level in Fidelity]),
        help="names: rename only; stock (default): MindSpore's class, put into TensorFlow's starting state; "
        "exact: where that was not measured to be exact, a class of tf2ms_runtime.py, which is written beside it.",
    ),
    click.option(
        "--scope",
        type=click.Choice([level.value for level in Scope]),
        help="step (default): the training step around the optimizer as well, where all of it can be; "
        "optimizer: the constructor alone.",
    ),
    click.option(
        "--runtime-module", metavar="NAME", help="Not tf2ms_runtime, but this module below the directory: pkg.exact."
    ),
    click.option("--tf-version", metavar="X.Y", help="The TensorFlow version that the code was written for."),
    click.option(
        "--generation",
        type=click.Choice(get_args(Generation)),
        help="The same, by the name that reports have for it.",
    ),
    click.option("--mindspore-version", metavar="X.Y", help="The MindSpore version to write for (default 2.10)."),
    click.option(
        "--params", metavar="EXPR", help="What to train where the code does not tell: net.trainable_params()."
    ),
    click.option(
        "--select", multiple=True, metavar="CODE|RULE", shell_complete=_complete, help="Only these rules and findings."
    ),
    click.option(
        "--ignore",
        multiple=True,
        metavar="CODE|RULE",
        shell_complete=_complete,
        help="All but these rules and findings.",
    ),
    click.option("--rules", multiple=True, metavar="DIR", help="A directory with more rule files."),
    click.option("--exclude", multiple=True, metavar="GLOB", help="Files to leave out, in gitignore's syntax."),
    click.option("--jobs", type=click.IntRange(0), metavar="N", help="Processes to use; 0 for one a processor core."),
    click.option("--cache", "cache", flag_value=True, default=None, hidden=True),
    click.option("--no-cache", "cache", flag_value=False, default=None, help="Look at every file anew."),
    click.option("--baseline", metavar="FILE", help="Say, and fail for, only what FILE does not know yet."),
    _flag("--statistics", help="Count the findings by code and the sites by rule."),
    _flag("--annotate", help="Write a comment above everything that is left: why, and what to do."),
    _flag("--exit-zero", help="Exit 0 where the exit code would be 1."),
    _flag("-q", "--quiet", help="Say only what failed, what is left, and the totals."),
    _flag("-v", "--verbose", help="Say the next step of every finding."),
    click.option("--stdin-filename", metavar="PATH", help="The file that standard input stands for."),
)
_WRITING_OPTIONS: tuple[Callable[[Any], Any], ...] = (
    _flag("--check", help="Write nothing; exit 1 if something would change."),
    click.option("--output-dir", metavar="DIR", help="Write every file below DIR and leave the originals alone."),
)


def _options(*options: Callable[[Any], Any]) -> Callable[[Command], Command]:
    def decorate(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


@main.command(epilog=_EXIT_CODES)
@_options(*_OPTIONS[:2], *_WRITING_OPTIONS, *_OPTIONS[2:])
def convert(paths: tuple[str, ...], stdin_filename: str | None, **given: Any) -> None:  # noqa: ANN401 -- click's
    """Convert files in place.

    PATH is a file, a directory (its *.py and *.ipynb files are converted) or -
    (standard input, converted to standard output).  Every option may also
    stand in [tool.tf2ms-opt] of pyproject.toml.  --select, --ignore, --rules
    and --exclude may be given several times.
    """
    _run(paths, stdin_filename, given)


@main.command(epilog=_EXIT_CODES)
@_options(*_OPTIONS)
@click.option("--write-baseline", metavar="FILE", help="Write what is found to FILE, for --baseline, and exit 0.")
def check(
    paths: tuple[str, ...],
    stdin_filename: str | None,
    write_baseline: str | None,
    **given: Any,  # noqa: ANN401 -- click's
) -> None:
    """Report what convert would do, and write nothing."""
    _run(paths, stdin_filename, {**given, "check": True}, write_baseline)


def _run(
    paths: tuple[str, ...], stdin_filename: str | None, given: dict[str, Any], write_baseline: str | None = None
) -> None:
    from tf2ms_opt import session  # noqa: PLC0415 -- see the module's docstring
    from tf2ms_opt.wishes import UsageError  # noqa: PLC0415

    if given.get("output_dir") and "-" in paths:
        raise click.UsageError("--output-dir is for files; - (standard input) goes to standard output")
    try:
        code = session.convert(paths, spoken(settings(paths, given)), streams(), stdin_filename, write_baseline)
    except UsageError as error:
        raise click.UsageError(str(error)) from error
    except InputError as error:
        raise Failure(str(error)) from error
    sys.exit(code)


@main.command("config")
@click.argument("path", default=".", metavar="[PATH]")
@_options(_OPTIONS[1], *_WRITING_OPTIONS, *_OPTIONS[3:-1])
@click.option("--schema", is_flag=True, help="Print the JSON schema of [tool.tf2ms-opt], for editors.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="Form of the output.")
def show_config(path: str, schema: bool, form: str, **given: Any) -> None:  # noqa: ANN401 -- click's
    """Show what holds for PATH, and where each setting was said.

    That is the default, the nearest pyproject.toml, an entry of its
    overrides, or the command line: options are given as for convert.
    """
    from tf2ms_opt.config import ConfigError  # noqa: PLC0415 -- see the module's docstring
    from tf2ms_opt.effective import effective  # noqa: PLC0415
    from tf2ms_opt.report import settings as report  # noqa: PLC0415
    from tf2ms_opt.report.places import visible  # noqa: PLC0415
    from tf2ms_opt.wishes import UsageError, check  # noqa: PLC0415

    if schema:
        click.echo(report.schema(option_helps()), nl=False)
        return
    try:
        held = settings((path,), given)
        check(held, _rules(held.rules or ()))
        found = effective(path, said(given))
    except UsageError as error:
        raise click.UsageError(str(error)) from error
    except ConfigError as error:
        raise Failure(str(error)) from error
    for line in [report.document(found)] if form == "json" else report.lines(found):
        click.echo(visible(line))


def option_helps() -> dict[str, str]:
    """What each option of convert is for, under its name in the configuration."""
    options = [one for one in convert.params if isinstance(one, click.Option) and not one.hidden]
    return {(one.name or "").replace("_", "-"): one.help or "" for one in options}


_RULES_OPTION = click.option(
    "--rules", "folders", multiple=True, metavar="DIR", help="A directory with more rule files."
)


@main.command("rules")
@click.argument("name", required=False, shell_complete=_complete)
@_RULES_OPTION
@LANG
@click.option("--format", type=click.Choice(["text", "json"]), default="text", help="Form of the output.")
def show_rules(name: str | None, folders: tuple[str, ...], lang: Language | None, format: str) -> None:
    """List the rules, or show what the rule NAME makes of each parameter."""
    from tf2ms_opt.report import table  # noqa: PLC0415 -- see the module's docstring

    loaded = _rules(folders)
    chosen = list(loaded.rules.values()) if name is None else [_rule(name, loaded)]
    if format == "json":
        import msgspec  # noqa: PLC0415

        data = msgspec.to_builtins(chosen if name is None else chosen[0])
        click.echo(msgspec.json.format(msgspec.json.encode(data), indent=2))
    elif name is None:
        table.print_rules(console(err=False), chosen, lexicon(lang, folders))
    else:
        table.print_rule(console(err=False), chosen[0], loaded, lexicon(lang, folders))


@main.command()
@click.argument("name", metavar="CODE|RULE", shell_complete=_complete)
@_RULES_OPTION
@LANG
def explain(name: str, folders: tuple[str, ...], lang: Language | None) -> None:
    """Say why a finding exists and what to do, or what a rule converts."""
    from tf2ms_opt.diagnostics import catalogue, is_code  # noqa: PLC0415 -- see the module's docstring
    from tf2ms_opt.report import table  # noqa: PLC0415

    code, speaks = name.upper(), lexicon(lang, folders)
    entries = {key: entry for key, entry in speaks.entries.items() if key == name or entry.code.startswith(code)}
    if name not in catalogue() and not is_code(code):
        loaded = _rules(folders)
        table.print_rule(console(err=False), _rule(name, loaded, [*catalogue()]), loaded, speaks)
        return
    terminal = console(err=False)
    for number, (key, entry) in enumerate(entries.items()):
        if number:
            terminal.print()
        table.print_entry(terminal, key, entry, speaks)


def _rules(folders: Sequence[str]) -> RuleSet:
    from tf2ms_opt.ruleset import RuleFileError, load  # noqa: PLC0415

    try:
        return load([Path(folder) for folder in folders])
    except RuleFileError as error:
        raise Failure(str(error)) from error


def _rule(name: str, loaded: RuleSet, others: Sequence[str] = ()) -> Rule:
    from tf2ms_opt.spelling import suggestion  # noqa: PLC0415

    if name not in loaded.rules:
        raise click.UsageError(f"{name!r} is unknown{suggestion(name, [*loaded.rules, *others])}")
    return loaded.rules[name]


main.add_command(report)
main.add_command(verify)
