"""The configuration in ``pyproject.toml``: where it is looked for, what it may say, and who wins."""

from __future__ import annotations

from pathlib import Path

import pytest

from tf2ms_opt.config import ConfigError, Settings, load, merge, nearest
from tf2ms_opt.options import Fidelity


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
