"""What a run costs, by counting and not by the clock: work grows as files do, and nothing is done twice."""

from __future__ import annotations

import cProfile
import os
import pstats
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tf2ms_opt import run
from tf2ms_opt.cache import Cache, place
from tf2ms_opt.engine import convert_source
from tf2ms_opt.options import Options
from tf2ms_opt.outcomes import Outcome
from tf2ms_opt.project import files, first
from tf2ms_opt.rulebook import Rulebook
from tf2ms_opt.ruleset import RuleSet
from tf2ms_opt.run import Converter, store_nothing
from tf2ms_opt.walk import walk

_COMPILED = """
def train_{0}(x, y):
    model = tf.keras.Sequential([tf.keras.layers.Dense(1)])
    model.compile(optimizer=tf.keras.optimizers.Adam(0.01), loss="mse")
    model.fit(x, y, epochs=3)
"""
_STRING = """
def train_{0}(x, y):
    model = build()
    model.compile("rmsprop", "mse")
    model.fit(x, y)
"""
_TAPE = """
def train_{0}(model, x, y):
    opt = tf.keras.optimizers.Adam(0.01)
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(tf.square(model(x) - y))
    grads = tape.gradient(loss, model.trainable_variables)
    opt.apply_gradients(zip(grads, model.trainable_variables))
"""
_MINIMIZED = """
def train_{0}(model, x, y):
    opt = tf.keras.optimizers.SGD(tf.keras.optimizers.schedules.ExponentialDecay(0.1, 100, 0.9))
    opt.minimize(lambda: tf.reduce_mean(tf.square(model(x) - y)), model.trainable_variables)
"""
_CLASS = """
class Trainer{0}:
    def __init__(self, model):
        self.model = model
        self.opt = tf.keras.optimizers.SGD(0.1, momentum=0.9)
        self.model.compile(optimizer=self.opt, loss="mse")
"""
_FACTORY = """
def make_{0}(rate):
    return tf.keras.optimizers.Adam(rate)

def train_{0}(model, x):
    model.compile(make_{0}(0.1), "mse")
"""
_COMMENTED = """
def train_{0}(x, y):
    model = tf.keras.Sequential()
    model.compile(
        optimizer=tf.keras.optimizers.Adam(0.01),  # the rate of the paper
        # and its loss
        loss="mse",
    )
    model.fit(x, y, epochs=3)
"""
_LEFT = """
opt_{0} = tf.keras.optimizers.Adam(0.01)
"""
_WITHOUT_SITES = """
def helper_{0}(a, b):
    for x in range(3):
        a += x * {0}
    return a + b
"""
_SHAPES = {
    "compiled": _COMPILED,
    "commented": _COMMENTED,
    "string": _STRING,
    "tape": _TAPE,
    "minimized": _MINIMIZED,
    "class": _CLASS,
    "factory": _FACTORY,
    "left": _LEFT,
    "without sites": _WITHOUT_SITES,
}


def _calls(text: str, rules: RuleSet) -> int:
    """The calls of functions that the conversion of ``text`` takes."""
    profile = cProfile.Profile()
    outcome = profile.runcall(convert_source, text.encode(), rules)
    assert not outcome.failed
    return int(pstats.Stats(profile).total_calls)  # type: ignore[attr-defined] -- set by its __init__


@pytest.mark.parametrize("shape", _SHAPES)
def test_the_cost_of_a_file_grows_as_the_file_does(shape: str, rules: RuleSet) -> None:
    def file(number: int) -> str:
        head = "import tensorflow as tf\nnet = tf.keras.Sequential()\nnet.compile(tf.keras.optimizers.Adam(), 'mse')\n"
        return head + "".join(_SHAPES[shape].format(one) for one in range(number))

    _calls(file(1), rules)  # imports, and what is asked of the rules once
    small, large = (_calls(file(number), rules) for number in (40, 160))
    assert large / small < 5, f"4 times the file takes {large / small:.1f} times the calls"


def test_a_table_of_many_classes_is_one_question(rules: RuleSet) -> None:
    def file(number: int) -> str:
        entries = "".join(f"    'sgd{one}': tf.keras.optimizers.SGD,\n" for one in range(number))
        use = "model = tf.keras.Sequential()\nmodel.compile(TABLE[name](0.1), 'mse')\n"
        return f"import tensorflow as tf\nTABLE = {{\n{entries}}}\n{use}"

    _calls(file(1), rules)
    small, large = (_calls(file(number), rules) for number in (40, 160))
    assert large / small < 5


NETWORK = """\
import tensorflow as tf

def build(penalty=None):
    return tf.keras.Sequential([tf.keras.layers.Dense(3, kernel_regularizer=penalty)])
"""
OWNER = """\
import tensorflow as tf
from nets import build

class Trainer{0}:
    def __init__(self, rate):
        self.model = build("l2")
        self.optimizer = tf.keras.optimizers.Adam(rate)

    def train(self, x, y):
        self.model.compile(self.optimizer, "mse")
"""
USER = "from trainer{0} import Trainer{0}\nt = Trainer{0}(0.1)\nt.optimizer.learning_rate = 0.2\n"


def test_the_cost_of_a_project_grows_as_its_files_do(tmp_path: Path) -> None:
    def calls(number: int) -> int:
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / "nets.py").write_text(NETWORK)
        for one in range(number):
            (folder / f"trainer{one}.py").write_text(OWNER.format(one))
            (folder / f"run{one}.py").write_text(USER.format(one))
        profile = cProfile.Profile()
        assert sum(bool(one.sites) for one in profile.runcall(_outcomes, folder, None)) == number
        return int(pstats.Stats(profile).total_calls)  # type: ignore[attr-defined] -- set by its __init__

    calls(1)
    small, large = calls(20), calls(80)
    assert large / small < 5


# ---------------------------------------------------------------- files without a site

CONVERTED = "import tensorflow as tf\nnet = tf.keras.Sequential()\nnet.compile(tf.keras.optimizers.Adam(), 'mse')\n"
#: it has a word of the rules
WITHOUT_SITE = "class Adam:\n    pass\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "plain.py").write_text("x = 1\n")
    (folder / "word.py").write_text(WITHOUT_SITE)
    (folder / "train.py").write_text(CONVERTED)
    return folder


def _outcomes(folder: Path, cache: Cache | None, jobs: int = 1) -> list[Outcome]:
    converter = Converter(Rulebook(), Options(), cache=cache, jobs=jobs)
    return list(converter.outcomes(walk([folder]), store_nothing))


def _seen(monkeypatch: pytest.MonkeyPatch, name: str) -> list[str]:
    """The files that ``name``, a function of ``run`` or ``first``, is asked for from now on, by their names."""
    seen: list[str] = []
    module = run if hasattr(run, name) else first
    real = getattr(module, name)

    def spy(*arguments: object, **named: object) -> object:
        seen.extend(Path(one).name for one in arguments if isinstance(one, str))
        return real(*arguments, **named)

    monkeypatch.setattr(module, name, spy)
    return seen


def test_a_file_without_a_site_is_looked_at_once(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    searched, looked, converted = (_seen(monkeypatch, one) for one in ("has_candidate", "first_look", "convert_source"))
    found = [Path(one.path).name for one in _outcomes(project, None)]
    assert found == ["plain.py", "train.py", "word.py"]
    assert sorted(searched) == ["plain.py", "train.py", "train.py", "word.py"]
    assert sorted(looked) == ["train.py", "word.py"]
    assert converted == ["train.py"]


def test_a_file_that_is_known_to_have_no_site_is_not_parsed(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = project.parent / "cache" / "known"
    first = _outcomes(project, Cache(file))
    looked = _seen(monkeypatch, "first_look")
    assert _outcomes(project, Cache(file)) == first
    assert looked == ["train.py"]
    (project / "word.py").write_text(WITHOUT_SITE + CONVERTED)
    assert [one.changed for one in _outcomes(project, Cache(file))] == [False, True, True]


TRAINER = """\
import tensorflow as tf
{imported}
class Trainer:
    def __init__(self, rate):
        self.model = build()
        self.optimizer = tf.keras.optimizers.SGD(rate)

    def train(self, x, y):
        self.model.compile(self.optimizer, "mse")
        self.model.fit(x, y)


def main():
    Trainer(0.1).train(x, y)
"""


def test_files_that_do_not_import_each_other_are_not_asked_about_each_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    real = files.answers
    monkeypatch.setattr(files, "answers", lambda data, *rest: asked.append(data.decode()) or real(data, *rest))
    for number in range(8):
        (tmp_path / f"train{number}.py").write_text(TRAINER.format(imported=""))
    _outcomes(tmp_path, None)
    assert not asked
    (tmp_path / "other.py").write_text("from train0 import Trainer\nTrainer(0.1).optimizer.learning_rate = 1\n")
    _outcomes(tmp_path, None)
    assert {text.partition("\n")[0] for text in asked} <= {"from train0 import Trainer", "import tensorflow as tf"}
    assert len(asked) <= 3, "one parse for what the file reaches for, and one each for what the two have"


@pytest.mark.parametrize("content", [b"", b"x", b"\0" * 16, bytes(range(256)) * 4, b"garbage\n" * 1000])
def test_a_damaged_cache_changes_nothing_and_is_mended(project: Path, content: bytes) -> None:
    file, other = project.parent / "known", project.parent / "other"
    expected = _outcomes(project, None)
    file.write_bytes(content)
    assert _outcomes(project, Cache(file)) == expected
    _outcomes(project, Cache(other))
    assert other.read_bytes() in file.read_bytes()


def test_a_cache_that_cannot_be_written_is_done_without(project: Path) -> None:
    (project.parent / "file").write_text("")
    expected = _outcomes(project, None)
    for place_ in (project.parent / "file" / "known", project, Path("/dev/null/known")):
        assert _outcomes(project, Cache(place_)) == expected
    assert sorted(file.name for file in project.iterdir()) == ["plain.py", "train.py", "word.py"]


def test_what_decides_is_in_the_digest(project: Path) -> None:
    data = (project / "word.py").read_bytes()
    own = project.parent / "rules"
    own.mkdir()
    (own / "mine.toml").write_text("summary = 1")
    cache, with_rules = Cache(project / "known"), Cache(project / "known", [own])
    digests = {cache.digest(data, "a.py"), cache.digest(data, "a.ipynb"), cache.digest(data + b" ", "a.py")}
    digests.add(with_rules.digest(data, "a.py"))
    (own / "mine.toml").write_text("summary = 2")
    digests.add(Cache(project / "known", [own]).digest(data, "a.py"))
    assert len(digests) == 5
    assert cache.digest(data, "a.py") == cache.digest(data, "b/c.py")


def test_two_runs_at_once_share_a_cache(project: Path) -> None:
    file = project.parent / "known"
    for number in range(50):
        (project / f"word_{number}.py").write_text(f"{WITHOUT_SITE}# {number}\n")
    expected = _outcomes(project, None)
    with ThreadPoolExecutor(4) as pool:
        runs = list(pool.map(lambda jobs: _outcomes(project, Cache(file), jobs), (1, 1, 1, 1)))
    assert runs == [expected] * 4
    assert len(file.read_bytes()) == 51 * 16
    assert [one.name for one in file.parent.iterdir() if one.name.startswith("known")] == ["known"]
    assert _outcomes(project, Cache(file), jobs=2) == expected


def test_the_cache_is_the_users_and_outside_of_the_project() -> None:
    assert place({"HOME": "/home/me"}, "linux") == Path("/home/me/.cache/tf2ms-opt/without-sites")
    assert place({"HOME": "/home/me", "XDG_CACHE_HOME": "/var/c"}, "linux") == Path("/var/c/tf2ms-opt/without-sites")
    assert place({"HOME": "/Users/me"}, "darwin") == Path("/Users/me/Library/Caches/tf2ms-opt/without-sites")
    for nowhere in ({}, {"HOME": ""}, {"XDG_CACHE_HOME": "relative"}):
        assert place(nowhere, "linux") is None


def test_the_command_line_switches_the_cache_off(project: Path) -> None:
    folder = project.parent / "cache"
    environment = {**os.environ, "XDG_CACHE_HOME": str(folder)}

    def check(*options: str) -> None:
        command = [sys.executable, "-m", "tf2ms_opt", "check", "--exit-zero", *options, str(project)]
        subprocess.run(command, env=environment, capture_output=True, check=True)

    check("--no-cache")
    assert not folder.exists()
    (project / "pyproject.toml").write_text("[tool.tf2ms-opt]\ncache = false\n")
    check()
    assert not folder.exists()
    check("--cache")
    assert [file.name for file in folder.rglob("*") if file.is_file()] == ["without-sites"]


def test_a_run_without_candidates_reads_no_rule(project: Path) -> None:
    for name in ("train.py", "word.py"):
        (project / name).unlink()
    (project / "more.py").write_text("x = 2\n")
    code = (
        "import sys\nfrom tf2ms_opt.cli import main\n"
        f"sys.argv = ['tf2ms-opt', 'check', {str(project)!r}]\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "print(*sorted(name for name in sys.modules if name.startswith('tf2ms_opt')))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = {name.removeprefix("tf2ms_opt.") for name in ran.stdout.split()}
    assert not loaded & {"ruleset", "rules", "plan", "trace", "syntax", "project", "baseline", "pins", "fingerprints"}
    assert "run" in loaded
