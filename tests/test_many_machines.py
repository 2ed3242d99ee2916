"""The recipes for more than one machine, as they are printed, on a local cluster of Dask."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tf2ms_opt.engine import convert_source
from tf2ms_opt.ruleset import RuleSet

ROOT = Path(__file__).parents[1]
FIXTURES = sorted((ROOT / "tests" / "fixtures" / "rmsprop").glob("*/before.py"))[:20]


@pytest.fixture
def recipes(tmp_path: Path) -> list[Path]:
    """The scripts of the page."""
    text = (ROOT / "docs" / "many_machines.md").read_text(encoding="utf-8")
    found = []
    for number, block in enumerate(re.findall(r"^```python\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)):
        if "__main__" in block:
            found.append(tmp_path / f"recipe_{number}.py")
            found[-1].write_text(block, encoding="utf-8")
    return found


def _run(script: Path, *arguments: str) -> None:
    ran = subprocess.run(
        [sys.executable, str(script), *arguments], cwd=script.parent, capture_output=True, text=True, check=False,
        env={**os.environ, "DASK_DISTRIBUTED__DASHBOARD__LINK": "", "DASK_DISTRIBUTED__WORKER__DAEMON": "true"},
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout + ran.stderr


def _lines(folder: Path) -> list[dict[str, object]]:
    return [json.loads(line) for file in sorted(folder.iterdir()) for line in file.read_text().splitlines()]


def test_files_of_a_data_set_become_what_they_become_here(recipes: list[Path], rules: RuleSet) -> None:
    folder = recipes[0].parent / "files"
    folder.mkdir()
    files = {str(file): file.read_text(encoding="utf-8") for file in FIXTURES}
    files |= {"plain.py": "x = 1\n", "broken.py": "from keras.optimizers import Adam\ndef f(:\n"}
    for number in range(2):
        chosen = list(files.items())[number::2]
        lines = [json.dumps({"path": path, "content": content}) for path, content in chosen]
        (folder / f"part_{number}.jsonl").write_text("\n".join(lines) + "\n")
    _run(recipes[0], "files/*.jsonl", "out/*.jsonl")
    found = {line["path"]: line for line in _lines(recipes[0].parent / "out")}
    assert found.keys() == files.keys()
    for path, content in files.items():
        expected = convert_source(content.encode(), rules, path=path)
        assert found[path]["status"] == expected.status.value
        assert found[path]["content"] == (expected.after.decode() if expected.changed else None)
    assert {line["status"] for line in found.values()} == {"converted", "unchanged", "failed"}


def test_projects_are_runs_of_their_own(recipes: list[Path]) -> None:
    here = recipes[1].parent
    for name in ("first", "second"):
        (here / name).mkdir()
        (here / name / "opt.py").write_text("import keras\n\ndef build():\n    return keras.optimizers.SGD(0.1)\n")
        train = "from opt import build\n\ndef train(net):\n    net.compile(build(), 'mse')\n"
        (here / name / "train.py").write_text(train)
    _run(recipes[1], "out/*.jsonl", "first", "second")
    found = _lines(here / "out")
    assert [(line["folder"], line["exit"]) for line in found] == [("first", 0), ("second", 0)]
    assert "def build(params):" in (here / "first" / "opt.py").read_text()
    assert "build(net.trainable_params())" in (here / "second" / "train.py").read_text()
