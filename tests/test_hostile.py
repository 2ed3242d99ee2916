"""Bad input of all kinds: a finding or a conversion; no exception, no hang, no byte that changes elsewhere."""

from __future__ import annotations

import encodings
import itertools
import json
import os
import pkgutil
import time
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tf2ms_opt.cli import main
from tf2ms_opt.config import ConfigError
from tf2ms_opt.config import load as load_config
from tf2ms_opt.engine import convert_source
from tf2ms_opt.options import Fidelity, Options, Scope
from tf2ms_opt.ruleset import RuleFileError, load, packaged
from tf2ms_opt.source import SourceText

RULES = load()
HERE = Path(__file__).parent
CORPUS = sorted(file for file in (HERE / "corpus").iterdir() if file.suffix in {".py", ".ipynb"})
FIXTURES = sorted((HERE / "fixtures").glob("*/*/before.*"))
CI = settings(derandomize=True, database=None, deadline=None, suppress_health_check=[HealthCheck.too_slow])
SITE = "net.compile(tf.keras.optimizers.RMSprop(1e-3), 'mse')\n"
SOURCE = "import tensorflow as tf\nnet = build()\n" + SITE


def convert(data, path="a.py", options=None, *, known=False):
    """The outcome, held to what has to be true of every one."""
    outcome = convert_source(data, RULES, options, path)
    assert outcome.before == data
    assert outcome.changed == (outcome.after != data)
    bugs = [one.message for one in outcome.findings if one.code == "TMO904"]
    assert known or not bugs, bugs
    if outcome.changed:
        assert convert_source(outcome.after, RULES, options, path).after == outcome.after
    return outcome


def codes(outcome):
    return {one.code for one in outcome.findings}


# ---------------------------------------------------------------- texts


@pytest.mark.parametrize("file", CORPUS, ids=lambda file: file.name)
def test_what_once_broke_something(file):
    known = file.name.startswith("known_")
    found = False
    for fidelity, scope, annotate in itertools.product(Fidelity, Scope, (False, True)):
        options = Options(fidelity, scope=scope, annotate=annotate)
        outcome = convert(file.read_bytes(), file.name, options, known=known)
        found |= "TMO904" in codes(outcome)
    assert found == known, "it is mended: take the prefix away"


PIECES = (
    b"(", b")", b"[", b"]", b"{", b"}", b":", b",", b".", b"=", b":=", b"->", b"@", b";", b"!", b"\\", b"\\\n",
    b"\\\r\n",
    b"\n", b"\r", b"\r\n", b"\f", b"\v", b"\t", b"\x00", b"\x1a", b"\x1b[31m", b"\x85", b"\xff",
    b"\xef\xbb\xbf", b"\xfe\xff",
    b"\xe2\x80\xa8", b"\xe2\x80\xae", b"\xc2\xa0", b"#", b"'", b'"', b"'''", b'"""', b"f'{", b"}'", b"t'{x}'",
    b"rb'", b"*",
    b"**", b"lambda: ", b"await ", b"yield ", b"async ", b"def f(): ", b"class C: ", b"if x: ", b"try: ", b"except: ",
    b"except A, B: ", b"except* E: ", b"with a: ", b"match x:\n case _: ", b"del net\n", b"global net\n", b"return ",
    b"import ", b"from . import *\n", b"type X = int\n", b"# -*- coding: latin-1 -*-\n", b"# -*- coding: utf-16 -*-\n",
    b"# tf2ms: ignore", b"# tf2ms: skip-file\n", b"# tf2ms: ignore[", b"0x", b"1e999", b"1_", b"0777",
    b"%time ", b"!ls ",
    "ﬁ".encode(), "𝐧𝐞𝐭".encode(), "ª".encode(), "\u0301".encode(),
)  # fmt: skip


@pytest.mark.parametrize("piece", PIECES, ids=repr)
def test_a_piece_at_every_place(piece):
    for at in range(len(SOURCE) + 1):
        options = Options(scope=(Scope.OPTIMIZER, Scope.STEP)[at % 2])
        convert(SOURCE[:at].encode() + piece + SOURCE[at:].encode(), options=options)


def test_every_short_text():
    for length in (0, 1, 2):
        alphabet = range(256) if length < 2 else sorted(b"()[]{}:,.=\\\n\r\f\t\0#'\"*@;a0 \xef\xbb\xbf\xff\x80\xc2")
        for text in itertools.product(alphabet, repeat=length):
            convert(bytes(text) + b"RMSprop")
            convert(b"RMSprop" + bytes(text))


@settings(CI, max_examples=1000)
@given(st.data())
def test_random_mutations_of_real_files(data):
    file = data.draw(st.sampled_from(FIXTURES))
    text = bytearray(file.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(text)))
        piece = data.draw(st.sampled_from(PIECES) | st.binary(max_size=3))
        text[at : at + data.draw(st.sampled_from([0, 0, 1, 5]))] = piece
    convert(bytes(text), file.name, Options(scope=data.draw(st.sampled_from(Scope))), known=True)


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(
    "encoding", sorted({one.name for one in pkgutil.iter_modules(encodings.__path__)} - {"aliases"})
)
def test_every_encoding_of_the_standard_library(encoding, newline):
    """What is written is what the same text in UTF-8 becomes; or nothing is."""
    for letter in "éжあx~":
        text = (f"# -*- coding: {encoding} -*-\ns = '{letter}'\n" + SOURCE).replace("\n", newline)
        try:
            data = text.encode(encoding)
        except (LookupError, UnicodeError, TypeError):
            continue  # bytes to bytes, or without this letter
        outcome = convert(data)
        if outcome.changed:
            same = convert(text.replace(encoding, "utf-8", 1).encode()).after.decode().replace("utf-8", encoding, 1)
            assert SourceText.of(outcome.after).text.removeprefix("\ufeff") == same


NEW = {
    "t_string": "name = t'{net}'\n",
    "except_without_parentheses": "try:\n    pass\nexcept ValueError, TypeError:\n    pass\n",
    "except_star": "try:\n    pass\nexcept* ValueError:\n    pass\n",
    "type_alias": "type Pair[T] = tuple[T, T]\n",
    "generic": "def first[T: int = int](x: list[T]) -> T:\n    return x[0]\n",
    "nested_f_string": 's = f"{f"{net}"}"\n',
    "lazy_import": "lazy import json\n",
    "match": "match net:\n    case {'a': [1, *_]} if net: pass\n    case _: pass\n",
    "walrus": "if (n := len([1])): pass\n",
    "star_index": "x[*y]\n",
    "finally_return": "def f():\n    try: pass\n    finally: return 1\n",
    "unicode_names": "ﬁt = 𝐧𝐞𝐭 = ª = Å = 变量 = net\n",
    "form_feed": "\f\nx = 1\n\f\n",
}  # fmt: skip


@pytest.mark.parametrize("name", NEW)
def test_the_newest_syntax(name):
    """This interpreter reads it or does not; either way the file is whole."""
    for text in (NEW[name] + SOURCE, SOURCE + NEW[name]):
        outcome = convert(text.encode())
        try:
            compile(text, "a.py", "exec")
        except SyntaxError:
            assert codes(outcome) == {"TMO901"}
        else:
            assert outcome.changed


def test_line_ends_of_all_kinds_in_one_file():
    lines = ["x = 1  # one", *SOURCE.splitlines(), "y = 2  # two"]
    for ends in itertools.product(["\n", "\r\n", "\r"], repeat=5):
        text = "".join(line + end for line, end in zip(lines, ends, strict=True))
        outcome = convert(text.encode())
        assert outcome.changed
        assert outcome.after.startswith((lines[0] + ends[0]).encode())
        assert outcome.after.endswith((lines[-1] + ends[-1]).encode())
        assert f"net = build(){ends[2]}".encode() in outcome.after


# ---------------------------------------------------------------- deep and large

NESTED = {
    "minus": ("-", "1", ""), "not": ("not ", "1", ""), "parentheses": ("(", "1", ")"), "lists": ("[", "", "]"),
    "calls": ("f(", "", ")"), "lambdas": ("lambda: ", "1", ""), "choices": ("1 if x else ", "1", ""),
    "sums": ("1+", "1", ""),
    "powers": ("2**", "1", ""), "attributes": ("a", "", ".b"), "items": ("a", "", "[0]"), "results": ("a", "", "()"),
    "ands": ("x and ", "x", ""), "strings": ("'s' ", "'s'", ""), "tables": ("{1: ", "1", "}"),
    "comprehensions": ("[x for x in ", "y", "]"), "comparisons": ("1 < ", "1", ""), "names": ("(x := ", "1", ")"),
}  # fmt: skip
PLACES = (
    "import tensorflow as tf\nnet = b()\nopt = tf.keras.optimizers.RMSprop({})\nnet.compile(opt, 'mse')\n",
    "import tensorflow as tf\nnet = b()\nopt = tf.keras.optimizers.RMSprop(1e-3)\nx = {}\nnet.compile(opt, 'mse')\n",
)


@pytest.mark.parametrize("depth", [90, 1000, 5000])
@pytest.mark.parametrize("name", NESTED)
def test_nested_expressions(name, depth):
    before, core, behind = NESTED[name]
    if name in ("attributes", "items", "results"):
        before, core = "", "a"
    for place in PLACES:
        text = place.format(before * depth + core + behind * depth)
        convert(text.encode(), known=name == "strings")


def test_nested_blocks():
    for depth in (50, 99, 1000):
        head = "".join(" " * level + "if x:\n" for level in range(depth))
        # at 99, one more level is one too many for Python
        convert((SOURCE + head + " " * depth + SITE).encode(), known=depth == 99)


@pytest.mark.parametrize(
    "text",
    ["x = 1\n" * 9_000_000, "x = [" + "1," * 25_000_000 + "]\n", "x = '" + "y" * 50_000_000 + "'\n", "(" * 50_000_000],
    ids=["lines", "list", "string", "brackets"],
)
def test_a_file_of_50_megabytes(text):
    started = time.process_time()
    outcome = convert((SOURCE + text).encode())
    assert time.process_time() - started < 20
    assert [one.message for one in outcome.findings] == [
        f"not read: {(len(SOURCE) + len(text)) / 1_000_000:.3g} MB of code, and no more than 2 MB are read"
    ]
    assert not outcome.changed


def test_a_large_file_without_a_site_is_no_matter():
    assert not codes(convert(b"x = 1\n" * 9_000_000))


# ---------------------------------------------------------------- notebooks

ODD = (
    None,
    1,
    1.5,
    True,
    "",
    "x",
    [],
    {},
    [None],
    [1],
    ["a", 1],
    {"a": 1},
    [[]],
    [{}],
    "\ud800",
    float("inf"),
    float("nan"),
)


def notebook(**more):
    cell = {"cell_type": "code", "source": SOURCE, "metadata": {}, "outputs": [], "execution_count": None}
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [cell], **more}


@pytest.mark.parametrize("value", ODD, ids=repr)
def test_odd_values_everywhere_in_a_notebook(value):
    documents = [value, *(notebook(**{key: value}) for key in ("nbformat", "metadata", "cells", "worksheets"))]
    documents += [notebook(cells=[value]), notebook(worksheets=[value]), notebook(worksheets=[{"cells": value}])]
    documents += [notebook(metadata={key: value}) for key in ("kernelspec", "language_info", "vscode")]
    documents += [notebook(metadata={"kernelspec": {"language": value}}), notebook(cells=[*notebook()["cells"], value])]
    for key in ("cell_type", "source", "input", "metadata", "outputs", "language"):
        documents.append(notebook(cells=[{"cell_type": "code", "source": [SOURCE], key: value}]))
    for document in documents:
        for path in ("a.ipynb", "<stdin>"):
            convert(json.dumps(document).encode(), path)
            convert(json.dumps(document).encode() + b' "nbformat" RMSprop', path)


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        '{"a":' * 100_000,
        '{"nbformat":4,"cells":' + "[" * 100_000,
        '{"nbformat":4,"x":' + "9" * 10_000 + "}",
    ],
    ids=["arrays", "objects", "cells", "number"],
)
def test_a_notebook_that_no_parser_takes(text):
    assert codes(convert(text.encode() + b"RMSprop", "a.ipynb")) == {"TMO901"}


def test_a_notebook_cut_off_or_broken_at_every_byte():
    whole = json.dumps(notebook(), indent=1).encode()
    for at in range(len(whole)):
        for piece in (b"", b'"', b"\\", b"\\ud800", b"\x00", b"}"):
            convert(whole[:at] + piece + (whole[at:] if piece else b""), "a.ipynb")


# ---------------------------------------------------------------- configurations and rule files

CONFIGURATIONS = [
    b"tool = 3  # tf2ms-opt", b"[tool]\ntf2ms-opt = 3", b"[[tool.tf2ms-opt]]",
    b"[tool.tf2ms-opt]\nfidelity = 'st\xffck'",
    b"[tool.tf2ms-opt]\nfidelity = []", b"[tool.tf2ms-opt]\njobs = -1", b"[tool.tf2ms-opt]\njobs = 1979-05-27",
    b"[tool.tf2ms-opt]\njobs = nan", b"[tool.tf2ms-opt]\nexclude = '*'", b"[tool.tf2ms-opt]\nunknown = 1",
    b'[tool.tf2ms-opt]\nrules = ["a\\u0000b"]', b'[tool.tf2ms-opt]\nbaseline = "a\\u0000b"',
    b'[tool.tf2ms-opt]\noutput-dir = "a\\u0000b"', b"[[tool.tf2ms-opt.overrides]]\nfiles = ['[z-a]']",
    b"[tool.tf2ms-opt]\noverrides = [[1]]", b"[tool.tf2ms-opt]\noverrides = [{}]",
    b"[tool.tf2ms-opt" + b".a" * 50_000 + b"]",
    b"[tool.tf2ms-opt]\nexclude = " + b"[" * 100_000, b"[tool.tf2ms-opt]\n\x00", b"\xff\xfe[tool.tf2ms-opt]",
    b"tf2ms-opt" * 2_000_000, b"[tool.tf2ms-opt]\njobs = 1\njobs = 2", b"[tool.tf2ms-opt]\n[tool.tf2ms-opt]",
]  # fmt: skip


@pytest.mark.parametrize("number", range(len(CONFIGURATIONS)))
def test_a_configuration_that_cannot_be(tmp_path, number):
    file = tmp_path / "pyproject.toml"
    file.write_bytes(CONFIGURATIONS[number])
    with pytest.raises(ConfigError, match=r"pyproject\.toml: "):
        load_config(file)


def test_a_mark_at_the_beginning_of_a_configuration_is_no_obstacle(tmp_path):
    file = tmp_path / "pyproject.toml"
    file.write_bytes(b"\xef\xbb\xbf[tool.tf2ms-opt]\njobs = 2\n")
    assert load_config(file).jobs == 2


@settings(CI, max_examples=250)
@given(st.data())
def test_mutations_of_configurations_and_rule_files(tmp_path_factory, data):
    """They are read or refused in words, and what was read can be used."""
    rule = data.draw(st.booleans())
    folder = tmp_path_factory.mktemp("mine")
    text = bytearray((packaged() / "lion.toml").read_bytes() if rule else b"".join(_settings()))
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(text)))
        odd = (
            b"=",
            b'"',
            b"[",
            b"]",
            b"\n",
            b"{",
            b"0",
            b"\\",
            b"\xff",
            b"\0",
            b"true",
            b"'''",
            b".",
            b"-1",
            b"nan",
            b"''",
        )
        text[at : at + data.draw(st.sampled_from([0, 1, 4, 20]))] = data.draw(st.sampled_from(odd))
    file = folder / ("lion.toml" if rule else "pyproject.toml")
    file.write_bytes(text)
    try:
        rules = load([folder]) if rule else load_config(file) and RULES
    except (RuleFileError, ConfigError) as error:
        assert str(file) in str(error)  # noqa: PT017 -- most are refused, and some are not
    else:
        text = SOURCE.replace("RMSprop", "Lion").encode()
        outcome = convert_source(text, rules, None, "a.py")
        assert outcome.before == text


def _settings():
    yield b"[project]\nname = 'x'\n[tool.tf2ms-opt]\nfidelity = 'exact'\njobs = 2\nexclude = ['a', 'b/*']\n"
    yield b"select = ['TMO101']\n[[tool.tf2ms-opt.overrides]]\nfiles = ['*.py']\ntf-version = '2.10'\n"


@pytest.mark.parametrize("pattern", ["[z-a]", "[", "\\", "**", "***/[", "a" * 10_000, "!", "\0", "\udcff", "(a*)*b"])
def test_patterns_of_all_kinds(tmp_path, monkeypatch, pattern):
    monkeypatch.chdir(tmp_path)
    Path("a.py").write_text(SOURCE, encoding="utf-8")
    Path(".gitignore").write_bytes(os.fsencode(pattern) + b"\n")
    ran = CliRunner().invoke(main, ["check", ".", "--scope", "optimizer"])
    assert (ran.exit_code, "internal error" in ran.stderr) == (1 if pattern != "**" else 0, False)
    ran = CliRunner().invoke(main, ["check", ".", "--scope", "optimizer", f"--exclude={pattern}"])
    assert "internal error" not in ran.stderr
