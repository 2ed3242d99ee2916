"""The configuration in ``pyproject.toml``: where it is looked for, what it may say, and who wins."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import msgspec
import pytest

from tf2ms_opt.config import ConfigError, Override, Settings, holds, load, merge, nearest, of_file
from tf2ms_opt.generations import Generation
from tf2ms_opt.options import Fidelity, Scope


def configured(folder, text):
    file = folder / "pyproject.toml"
    file.write_text(f"[tool.tf2ms-opt]\n{text}\n")
    return load(file)


def test_every_option_stands_under_its_long_name(tmp_path):
    settings = configured(
        tmp_path,
        """
        diff = true
        check = false
        output-dir = "out"
        format = "github"
        fidelity = "names"
        tf-version = "2.10"
        params = "net.trainable_params()"
        select = ["rmsprop"]
        ignore = ["TMO1", "TMO201"]
        rules = ["more", "/srv/rules"]
        exclude = ["tests/"]
        baseline = "known.json"
        statistics = true
        exit-zero = true
        quiet = false
        verbose = true
        """,
    )
    assert settings == Settings(
        diff=True,
        check=False,
        output_dir=str(tmp_path / "out"),
        format="github",
        fidelity=Fidelity.NAMES,
        tf_version="2.10",
        params="net.trainable_params()",
        select=("rmsprop",),
        ignore=("TMO1", "TMO201"),
        rules=(str(tmp_path / "more"), "/srv/rules"),
        exclude=("tests/",),
        baseline=str(tmp_path / "known.json"),
        statistics=True,
        exit_zero=True,
        quiet=False,
        verbose=True,
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("tf_version = '2.4'", "unknown key 'tf_version'; did you mean 'tf-version'"),
        ("zzz = 1", "unknown key 'zzz' (known: diff, check"),
        ("tf-version = 2.10", "tf-version: Expected `str`, got `float`"),
        ("exit-zero = 1", "exit-zero: Expected `bool`, got `int`"),
        ("select = 'rmsprop'", "select: Expected `array`, got `str`"),
        ("ignore = ['a', 2]", "ignore[1]: Expected `str`, got `int`"),
        ("format = 'xml'", "format: Invalid enum value 'xml'"),
        ("fidelity = 'best'", "fidelity: Invalid enum value 'best'"),
        ("generation = 'tf2'", "generation: Invalid enum value 'tf2'"),
        ("overrides = 3", "overrides: Expected `array`, got `int`"),
        ("overrides = [{params = 'a'}]", "overrides[0]: Object missing required field `files`"),
        ("overrides = [{files = []}]", "overrides[0].files: Expected `array` of length >= 1"),
        ("overrides = [{files = ['a'], param = 'b'}]", "overrides[0]: unknown key 'param'; did you mean 'params'?"),
        ("overrides = [{files = ['a'], jobs = 2}]", "overrides[0]: unknown key 'jobs' (known: files, fidelity"),
        (
            "overrides = [{files = ['a'], generation = 'tf1', tf-version = '1.15'}]",
            "overrides[0]: tf-version and generation say the same thing in two ways; give one of them",
        ),
        ("overrides = [{files = ['!']}]", "overrides[0]: files: "),
    ],
)
def test_what_it_may_not_say_names_the_file_and_the_key(tmp_path, text, message):
    with pytest.raises(ConfigError) as raised:
        configured(tmp_path, text)
    assert str(raised.value).startswith(f"{tmp_path / 'pyproject.toml'}: [tool.tf2ms-opt]: ")
    assert message in str(raised.value)


@pytest.mark.parametrize(
    "text", ["tool = 1 # tf2ms-opt", "[tool]\ntf2ms-opt = 3", "[tool.tf2ms-opt\n", "\udc80 tf2ms-opt"]
)
def test_a_broken_file_is_named(tmp_path, text):
    file = tmp_path / "pyproject.toml"
    file.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(ConfigError) as raised:
        load(file)
    assert str(raised.value).startswith(str(file))


def test_a_file_without_our_table_says_nothing(tmp_path):
    file = tmp_path / "pyproject.toml"
    file.write_text("not even TOML")
    assert load(file) == Settings()


def test_the_nearest_file_above_all_paths_counts(tmp_path, monkeypatch):
    for folder in ("", "a", "a/b", "c"):
        (tmp_path / folder).mkdir(exist_ok=True)
        (tmp_path / folder / "pyproject.toml").touch()
    monkeypatch.chdir(tmp_path / "c")
    near = {
        (): "c",
        ("../a/b/x.py",): "a/b",
        ("../a/b",): "a/b",
        ("../a/b/x.py", "../a/y.py"): "a",
        ("../a/b/x.py", "z.py"): "",
        ("../nowhere/x.py",): "",
    }
    for paths, folder in near.items():
        assert nearest([Path(path) for path in paths]) == tmp_path / folder / "pyproject.toml"


def test_the_command_line_wins():
    file = Settings(check=True, fidelity=Fidelity.NAMES, select=("adam",), quiet=True)
    given = Settings(check=False, select=("rmsprop",), verbose=True)
    merged = merge(given, file)
    assert (merged.check, merged.fidelity, merged.select) == (False, Fidelity.NAMES, ("rmsprop",))
    assert (merged.quiet, merged.verbose) == (False, True)
    assert merge(Settings(quiet=True), Settings(verbose=True)).verbose is False


OVERRIDES = """
tf-version = "2.16"
ignore = ["TMO104"]
fidelity = "names"
overrides = [
  { files = ["legacy/**", "old_*.py", "!old_new.py"], generation = "legacy", ignore = ["TMO108"] },
  { files = ["/legacy/gan.py"], params = "net.trainable_params()", fidelity = "exact", ignore = ["rmsprop"] },
  { files = ["legacy/deep/"], tf-version = "2.12", scope = "optimizer" },
]
"""


@pytest.mark.parametrize(
    ("path", "held"),
    [
        ("train.py", Settings(tf_version="2.16", ignore=("TMO104",), fidelity=Fidelity.NAMES)),
        ("sub/old_a.py", Settings(generation="legacy", ignore=("TMO104", "TMO108"), fidelity=Fidelity.NAMES)),
        ("sub/old_new.py", Settings(tf_version="2.16", ignore=("TMO104",), fidelity=Fidelity.NAMES)),
        ("sub/legacy/a.py", Settings(tf_version="2.16", ignore=("TMO104",), fidelity=Fidelity.NAMES)),
        (
            "legacy/gan.py",
            Settings(
                generation="legacy",
                ignore=("TMO104", "TMO108", "rmsprop"),
                params="net.trainable_params()",
                fidelity=Fidelity.EXACT,
            ),
        ),
        (
            "legacy/deep/a.py",
            Settings(tf_version="2.12", ignore=("TMO104", "TMO108"), fidelity=Fidelity.NAMES, scope=Scope.OPTIMIZER),
        ),
    ],
)
@pytest.mark.parametrize("folder", ["project", "a [b] c!#*"])
def test_later_overrides_go_over_earlier_ones_key_by_key(tmp_path, monkeypatch, folder, path, held):
    (tmp_path / folder).mkdir()
    settings = configured(tmp_path / folder, OVERRIDES)
    assert of_file(settings, tmp_path / folder / path) == held
    monkeypatch.chdir(tmp_path)
    assert of_file(settings, Path(folder, path)) == held
    assert of_file(settings, tmp_path / path).generation is None, "outside of the project"


def test_the_command_line_goes_over_the_overrides(tmp_path):
    file = configured(tmp_path, OVERRIDES)
    merged = merge(Settings(tf_version="2.4", ignore=("sgd",)), file)
    held = of_file(merged, tmp_path / "legacy" / "gan.py")
    assert (held.tf_version, held.generation, held.ignore) == ("2.4", None, ("sgd",))
    assert (held.params, held.fidelity) == ("net.trainable_params()", Fidelity.EXACT)
    held = of_file(merge(Settings(generation="tf1"), file), tmp_path / "legacy" / "deep" / "a.py")
    assert (held.tf_version, held.generation) == (None, "tf1")


def test_a_pattern_is_relative_to_the_file_that_has_it(tmp_path):
    (tmp_path / "pkg").mkdir()
    settings = configured(tmp_path / "pkg", "overrides = [{ files = ['*.py'], params = 'p' }]")
    (override,) = settings.overrides
    assert holds(override, tmp_path / "pkg" / "deep" / "a.py")
    assert not holds(override, tmp_path / "a.py")


def test_generations_have_one_list(rules):
    """A package on the base class of one of them (tensorflow_addons) is told by its names alone."""
    own = [name for name, one in rules.framework.generation.items() if not one.schedules]
    assert list(get_args(Generation)) == own


def test_an_override_says_nothing_that_the_table_does_not():
    whole = {field.name: field.type for field in msgspec.structs.fields(Settings)}
    parts = {field.name: field.type for field in msgspec.structs.fields(Override) if field.name != "files"}
    assert parts.items() <= whole.items()
