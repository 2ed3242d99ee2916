"""Notebooks: what is not code keeps its bytes, IPython's own syntax survives, and places are those of the cells."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tf2ms_opt.cli import main
from tf2ms_opt.engine import convert_source
from tf2ms_opt.notebooks.code import Notebook
from tf2ms_opt.notebooks.document import code_cells, written
from tf2ms_opt.notebooks.magics import plain
from tf2ms_opt.options import Options
from tf2ms_opt.outcomes import Outcome
from tf2ms_opt.ruleset import load
from tf2ms_opt.selfcheck import parse

RULES = load()
FIXTURES = sorted((Path(__file__).parent / "fixtures" / "_notebooks").glob("*/before.ipynb"))
CI = settings(derandomize=True, database=None, deadline=None, suppress_health_check=[HealthCheck.too_slow])
PYTHON = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
PRINTED = {"name": "stdout", "output_type": "stream", "text": ["Epoch 1/2 \u2588\n", "adam\n"]}


def code(source: object, *outputs: object) -> dict[str, object]:
    return {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": list(outputs), "source": source}


def notebook(*cells: dict[str, object], **layout: object) -> bytes:
    document = {"cells": cells, "metadata": PYTHON, "nbformat": 4, "nbformat_minor": 4}
    return json.dumps(document, **{"indent": 1, "ensure_ascii": False} | layout).encode() + b"\n"


TRAIN = notebook(
    code("import tensorflow as tf"),
    {"cell_type": "markdown", "metadata": {}, "source": ["# The model"]},
    code(
        "model = tf.keras.Sequential([tf.keras.layers.Dense(1)])\nmodel.compile(optimizer='adam', loss='mse')", PRINTED
    ),
)
TRAINED = "import keras\nmodel = keras.Sequential()\nmodel.compile('sgd', loss='mse')"
LEFT = TRAIN.replace(b"optimizer='adam'", b"optimizer=tf.keras.optimizers.Adam(**options)")


def convert(data: bytes, path: str = "a.ipynb") -> Outcome:
    return convert_source(data, RULES, path=path)


def around_sources(data: bytes, others: set[int]) -> list[str]:
    """The text of a notebook without the sources of the cells in ``others``."""
    text, done, pieces = data.decode(), 0, []
    for cell in code_cells(text):
        if cell.index in others:
            pieces.append(text[done : cell.source.start])
            done = cell.source.end
    return [*pieces, text[done:]]


def check(before: bytes) -> Outcome:
    """Convert, and hold the result to what is promised of every notebook."""
    outcome = convert(before)
    assert "self-check-failed" not in {one.name for one in outcome.findings}
    sources = [{one.index: one.source.text for one in code_cells(data.decode())} for data in (before, outcome.after)]
    changed = {index for index in sources[0] if sources[0][index] != sources[1][index]}
    assert around_sources(before, changed) == around_sources(outcome.after, changed)
    assert bool(changed) == outcome.changed
    nbformat.validate(nbformat.reads(outcome.after.decode().lstrip("\ufeff"), as_version=nbformat.NO_CONVERT))
    assert not convert(outcome.after).changed
    stale = {one.cell for one in outcome.findings if one.name == "output-stale"}
    assert stale == {one.index for one in code_cells(before.decode()) if one.index in changed and one.has_outputs}
    return outcome


@pytest.mark.parametrize("file", FIXTURES, ids=lambda file: file.parent.name)
def test_the_fixtures_are_notebooks_and_stay_notebooks(file):
    data = file.read_bytes()
    if not convert(data).failed:
        check(data)


CELLS = [
    "import tensorflow as tf\nfrom tensorflow import keras", "from keras.optimizers import RMSprop, Adam",
    "model = keras.Sequential([keras.layers.Dense(1)])", "opt = keras.optimizers.Adam(1e-3)  # caf\u00e9 \u20ac",
    "model.compile(optimizer=opt, loss='mse')", 'model.compile(\n    optimizer=RMSprop(0.1),\n    loss="mse",\n)\n',
    "%time model.fit(x, y)", "%%time\nmodel.compile('sgd', 'mse');", "!pip install -q keras \\\n   numpy\nx = !ls",
    "%%bash\nadam = rmsprop", "def build():\n\tnet = make()\n\tnet.compile(optimizer='adam')\n\treturn net", "",
    "'''\n%time\n!ls\n'''\nif x:\n    %matplotlib inline", "  # indented\n  print('\U0001f600')", "model?",
    "x = (1\n  % 2)", "y = 1\r\nmodel.compile(Adam(0.1))\r\n", "# %% [markdown]\n#_magic_cell 0\n_magic_0()",
    "pip install x", "a = 1\rb = 2\r", "c = 3\rmodel.compile('adam', 'mse')",
]  # fmt: skip
PARTS = st.one_of(
    st.builds(code, st.sampled_from(CELLS), st.just(PRINTED)),
    st.builds(code, st.sampled_from(CELLS)),
    st.builds(lambda text: code(text.splitlines(keepends=True)), st.sampled_from(CELLS)),
    st.builds(lambda text: code([text]), st.sampled_from(CELLS)),
    st.builds(lambda text: {"cell_type": "markdown", "metadata": {}, "source": text}, st.sampled_from(CELLS)),
    st.builds(lambda text: {"cell_type": "raw", "metadata": {}, "source": [text]}, st.sampled_from(CELLS)),
)
LAYOUTS = st.sampled_from([
    {}, {"indent": 2}, {"indent": "\t"}, {"indent": None}, {"indent": None, "separators": (",", ":")},
    {"ensure_ascii": True}, {"sort_keys": True, "indent": 4},
])  # fmt: skip


@CI
@given(st.lists(PARTS, max_size=8), LAYOUTS, st.booleans())
@example([code(CELLS[0]), code([CELLS[2]]), code(CELLS[5])], {}, True)
def test_any_notebook(cells, layout, crlf):
    data = notebook(*cells, **layout)
    check(data.replace(b"\n", b"\r\n") if crlf else data)


@CI
@given(st.lists(st.sampled_from([cell for cell in CELLS if not set(cell) & set("%!?\r") and "pip" not in cell])))
def test_cells_are_converted_as_the_module_that_they_are(cells):
    """What is measured of converted modules holds for notebooks: the text is the same."""
    cells = [cell.strip() for cell in cells]
    module = "".join(f"{cell}\n" for cell in cells if cell)
    after = convert(notebook(*map(code, filter(None, cells)))).after
    sources = [cell.source.text for cell in code_cells(after.decode())]
    joined = "".join(f"{text}\n" for text in sources if text)
    assert joined == convert_source(module.encode(), RULES, path="a.py").after.decode()


@CI
@given(st.lists(st.sampled_from([*CELLS, *"\n\r%!?\"'()\\# ab="]), max_size=12).map("".join))
def test_any_cell_comes_back(text):
    """Whether it is Python or not, and whatever stands in for its magics."""
    read = Notebook.of(notebook(code(text)))
    after, changed = read.holding(read.code.data.decode())
    assert (after, changed) == (notebook(code(text)), ())


@CI
@given(st.binary(max_size=40), st.integers(0, len(TRAIN)), st.integers(0, 40))
def test_no_bytes_raise(noise, start, length):
    assert convert(TRAIN[:start] + noise + TRAIN[start + length :]).before is not None


@pytest.mark.parametrize("file", FIXTURES, ids=lambda file: file.parent.name)
def test_a_source_written_anew_has_the_bytes_that_it_had(file):
    with_text = [cell for cell in code_cells_or_none(file) if cell.source.text]
    text = file.read_bytes().decode()
    assert written(text, {cell.source: cell.source.text for cell in with_text}) == text


def code_cells_or_none(file):
    return () if file.parent.name in {"json_does_not_parse", "no_notebook"} else code_cells(file.read_bytes().decode())


@pytest.mark.parametrize(
    ("cell", "python"),
    [
        ("%matplotlib inline", "S"),
        ("x = 1\n!ls {x} $y\nz = 2", "x = 1\nS\nz = 2"),
        ("files = !ls\n", "files = S\n"),
        ("a, b = %sx ls", "a, b = S"),
        ("a = b % c", "a = b % c"),
        ("f(a\n% b)", "f(a\n% b)"),
        ("a = 'x\\\n!ls'", "a = 'x\\\n!ls'"),
        ("s = '''\n%time\n'''\n%time f()", "s = '''\n%time\n'''\nS;f()"),
        ("s = 'it''s # no ('\n!ls", "s = 'it''s # no ('\nS"),
        ("# a comment (\n!ls", "# a comment (\nS"),
        ("for a in b:\n    !ls", "for a in b:\n    S"),
        ("a.b?\n?a\na??", "S\nS\nS"),
        ("a  # really?", "a  # really?"),
        ("'really?'", "'really?'"),
        ("pip install a-b>=3", "S"),
        ("ls -l", "ls -l"),
        ("%%timeit\nf()", "f()"),
        ("\n%%capture a\n%%time\nf()", "f()"),
        ("%prun -s cumulative f(x)", "S;f(x)"),
        ("%timeit -n 10 -r3 f(x)", "S;f(x)"),
        ("%time x = f(a, \\\n  b)", "S;x = f(a, \\\n  b)"),
        ("  f()\n  !ls", "f()\nS"),
    ],
)
def test_what_is_no_python(cell, python):
    found = plain(cell, "_magic_", iter(range(99)))
    stood = found.python
    for magic in found.magics:
        name = magic.stand_in.rstrip(";")
        assert found.python.count(name) == 1
        stood = stood.replace(name, "S")
    assert stood == python
    parse(found.python)
    assert found.cell(found.python) == cell


def test_stand_ins_keep_the_lines():
    found = plain("!pip \\\n  install \\\n  x\n%run a.py \\\n -i\ny = 1", "_magic_", iter(range(9)))
    assert found.python.count("\n") == 5
    parse(found.python)


def test_comments_that_look_like_ours():
    cell = "#_magic_cell 7 0\nmodel.compile(optimizer=keras.optimizers.Adam(**options))"
    (site,) = convert(notebook(code("import keras"), code(cell))).sites
    assert (site.cell, site.line) == (1, 2)


def test_findings_about_cells_can_be_left_out():
    code_of = {one.code for one in convert(TRAIN).findings}
    ignoring = convert_source(TRAIN, RULES, Options(ignore=("TMO117",)), "a.ipynb")
    assert code_of - {one.code for one in ignoring.findings} == {"TMO117"}


def test_places_are_those_of_the_cell():
    before = notebook(
        code("%%time\nimport tensorflow as tf"),
        code("%%capture\n\n  # indented\n  %time opt = tf.keras.optimizers.Adam(**options)"),
    )
    outcome = convert(before)
    assert [(one.cell, one.line, one.column) for one in outcome.sites] == [(1, 4, 15)]
    assert {(one.cell, one.line, one.column) for one in outcome.findings if one.code != "TMO108"} == {(1, 4, 15)}


@pytest.mark.parametrize("path", ["-", "<stdin>", "notebook", "a.json"])
def test_a_notebook_is_known_by_its_content_where_the_name_does_not_tell(path):
    assert convert(TRAIN, path).sites[0].cell == 2
    assert not convert(TRAIN, "a.py").sites
    assert not convert(b"{'nbformat': 4, 'optimizer': 'adam'}\n", path).failed, "Python"
    assert convert(b'{"nbformat": 4, "optimizer": adam}\n', path).failed
    assert not convert(b"[{'optimizer': 'adam'}]\n", path).failed


def test_twenty_megabytes_of_output_take_no_time_to_speak_of():
    picture = {"data": {"image/png": "iVBORw0KGgo" * 40_000}, "metadata": {}, "output_type": "display_data"}
    before = notebook(*(code("x = 1", picture) for _ in range(50)), code(TRAINED))
    assert len(before) > 20_000_000
    start = time.process_time()
    assert convert(before).changed
    assert time.process_time() - start < 5


# ------------------------------------------------------------------ the command line


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project of its own with one notebook, as the current directory."""
    (tmp_path / "pyproject.toml").write_text("[project]\ndependencies = ['tensorflow>=2.16']\n")
    (tmp_path / "sub" / ".ipynb_checkpoints").mkdir(parents=True)
    (tmp_path / "sub" / "a b.ipynb").write_bytes(TRAIN)
    (tmp_path / "sub" / ".ipynb_checkpoints" / "a b-checkpoint.ipynb").write_bytes(TRAIN)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments, stdin=None):
    return CliRunner().invoke(main, [str(argument) for argument in arguments], input=stdin, prog_name="tf2ms-opt")


def test_a_directory_of_notebooks(project):
    (project / "train.py").write_bytes(b"import keras\nmodel = keras.Sequential()\nmodel.compile('sgd', 'mse')\n")
    done = run("convert", ".")
    assert done.exit_code == 0, done.output
    assert "sub/a b.ipynb: converted" in done.stderr
    assert "cell 2:1:1" in done.stderr
    assert "2 files: 2 converted" in done.stderr
    assert (project / "sub" / "a b.ipynb").read_bytes() == convert(TRAIN).after
    assert (project / "sub" / "tf2ms_runtime.py").exists()
    assert (project / "sub" / ".ipynb_checkpoints" / "a b-checkpoint.ipynb").read_bytes() == TRAIN
    again = run("convert", ".")
    assert again.exit_code == 0
    assert "0 converted" not in again.stderr
    assert (project / "sub" / "a b.ipynb").read_bytes() == convert(TRAIN).after


def test_git_applies_the_diff(project):
    done = run("convert", "--diff", ".")
    assert done.exit_code == 1
    subprocess.run(["git", "apply", "-"], cwd=project, input=done.stdout_bytes, check=True)
    assert (project / "sub" / "a b.ipynb").read_bytes() == convert(TRAIN).after
    assert run("check", ".").exit_code == 0


def test_check_writes_nothing(project):
    assert run("check", ".").exit_code == 1
    assert (project / "sub" / "a b.ipynb").read_bytes() == TRAIN


def test_output_directory(project):
    assert run("convert", "--output-dir", "out", ".").exit_code == 0
    assert (project / "sub" / "a b.ipynb").read_bytes() == TRAIN
    assert (project / "out" / "sub" / "a b.ipynb").read_bytes() == convert(TRAIN).after
    assert (project / "out" / "sub" / "tf2ms_runtime.py").exists()


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize("named", [[], ["--stdin-filename", "sub/new.ipynb"]])
def test_standard_input(named):
    done = run("convert", "-", *named, stdin=TRAIN)
    assert done.exit_code == 0
    assert done.stdout_bytes == convert(TRAIN).after


def test_json_has_the_cell(project):
    (project / "sub" / "a b.ipynb").write_bytes(LEFT)
    done = run("check", "--format", "json", ".")
    assert done.exit_code == 1
    (file,) = json.loads(done.stdout)["files"]
    assert [(one["cell"], one["line"], one["column"]) for one in file["sites"]] == [(2, 2, 25)]
    assert {one["cell"] for one in file["diagnostics"]} == {2}


def test_lines_for_programs(project):
    (project / "sub" / "a b.ipynb").write_bytes(LEFT)
    assert "sub/a b.ipynb:cell 2:2:25: TMO302 [left]" in run("check", "--format", "concise", ".").stdout
    # a cell has no line of the file that a pull request could show
    github = run("check", "--format", "github", ".").stdout
    assert "::error file=sub/a b.ipynb,line=1,col=1,title=TMO302 starred-arguments::cell 2:2:25: " in github


def test_a_broken_cell_costs_its_notebook_alone(project):
    broken = TRAIN.replace(b"import tensorflow as tf", b"import tensorflow as tf\\nepochs = # how many?")
    (project / "broken.ipynb").write_bytes(broken)
    done = run("convert", ".")
    assert done.exit_code == 2
    assert "cell 0:2:10" in done.stderr
    assert "make a raw cell of it" in done.stderr
    assert (project / "broken.ipynb").read_bytes() == broken
    assert (project / "sub" / "a b.ipynb").read_bytes() == convert(TRAIN).after


def test_start_up_without_a_notebook_does_not_read_json(tmp_path):
    (tmp_path / "a.py").write_text("import torch\n")
    script = "import sys; from tf2ms_opt.cli import main; main(standalone_mode=False); print('json' in sys.modules)"
    command = [sys.executable, "-c", script, "check", "-q", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "tf2ms_opt.notebooks" not in done.stdout


# ------------------------------------------------------------------ comments to us


def test_what_is_left_is_said_in_its_cell():
    before = notebook(
        code("import keras"),
        code("schedule = keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.5)", PRINTED),
        code("%%time\nprint(schedule(3))"),
        code("  model = keras.Sequential()\n  model.compile(optimizer=keras.optimizers.Adam(schedule))", PRINTED),
    )
    outcome = convert_source(before, RULES, Options(annotate=True), "a.ipynb")
    said = [cell.source.text for cell in code_cells(outcome.after.decode())]
    assert said[:3] == [cell.source.text for cell in code_cells(before.decode())][:3]
    assert "  # tf2ms: TMO305 left:" in said[3]
    assert "used at line 2 of cell 2 too" in " ".join(said[3].replace("# tf2ms:", "").split())
    assert "output-stale" not in {one.name for one in outcome.findings}, "comments give no output"
    assert convert_source(outcome.after, RULES, Options(annotate=True), "a.ipynb").after == outcome.after


@pytest.mark.parametrize("comment", ["# tf2ms: ignore", "# tf2ms: skip-file"])
def test_comments_that_suppress(comment):
    assert not convert(TRAIN.replace(b"loss='mse')", b"loss='mse')  " + comment.encode())).changed


# ------------------------------------------------------------------ with other files, and in other reports

FACTORY = b"""\
import keras


def make_optimizer(rate):
    return keras.optimizers.Adam(rate)
"""
CALLER = notebook(
    code("%matplotlib inline\nfrom factory import make_optimizer\nimport keras"),
    code("model = keras.Sequential([keras.layers.Dense(1)])"),
    code("%%time\nmodel.compile(optimizer=make_optimizer(0.1), loss='mse')"),
)


@pytest.mark.parametrize("jobs", [(), ("--jobs", "2")])
def test_a_notebook_calls_what_a_module_defines(project, jobs):
    (project / "sub" / "factory.py").write_bytes(FACTORY)
    (project / "sub" / "a b.ipynb").write_bytes(CALLER)
    done = run("convert", *jobs, ".")
    assert done.exit_code == 0, done.output
    assert b"def make_optimizer(params, rate):" in (project / "sub" / "factory.py").read_bytes()
    assert b"make_optimizer(model.trainable_params(), 0.1)" in (project / "sub" / "a b.ipynb").read_bytes()
    assert "cell 2:2:25" in done.stderr


def test_a_notebook_that_cannot_pass_the_parameters_is_named_with_its_cell(project):
    (project / "sub" / "factory.py").write_bytes(FACTORY)
    (project / "sub" / "a b.ipynb").write_bytes(CALLER.replace(b"make_optimizer(0.1)", b"make_optimizer"))
    done = run("convert", ".")
    assert done.exit_code == 1
    assert "sub/a b.ipynb uses it without calling it in line 2 of cell 2" in " ".join(done.stderr.split())
    assert (project / "sub" / "factory.py").read_bytes() == FACTORY


def test_sarif_and_a_baseline(project):
    (project / "sub" / "a b.ipynb").write_bytes(LEFT)
    (result,) = (
        one for one in json.loads(run("check", "--format", "sarif", ".").stdout)["runs"][0]["results"]
        if one["ruleId"] == "TMO302"
    )  # fmt: skip
    assert result["message"]["text"].startswith("cell 2:2:25: ")
    assert result["locations"][0]["physicalLocation"]["region"] == {"startLine": 1, "startColumn": 1}
    assert run("check", "--write-baseline", "known.json", ".").exit_code in (0, 1)
    # another cell above, and other outputs, are no news
    cells = json.loads(LEFT)
    cells["cells"].insert(1, code(["x = 1"], PRINTED))
    (project / "sub" / "a b.ipynb").write_bytes(notebook(*cells["cells"]))
    assert run("check", "--baseline", "known.json", ".").exit_code == 0


def test_the_page_shows_the_lines_of_the_cell(project):
    done = run("report", "-o", "run.html", ".")
    assert done.exit_code == 0, done.output
    page = (project / "run.html").read_text(encoding="utf-8")
    assert "cell 2:2:25" in page
    assert "# cell 2" in page
    assert "model.trainable_params()" in page
    assert "Epoch 1/2" not in page
