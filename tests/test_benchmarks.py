"""The benchmark runs on a tree that it is given, prints its table, and leaves the tree as it was."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_the_benchmark_prints_a_table_and_its_numbers(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    shutil.copytree(ROOT / "examples", tree)
    (tree / "plain.py").write_text("x = 1\n")
    before = {file: file.read_bytes() for file in tree.rglob("*") if file.is_file()}
    command = [sys.executable, str(ROOT / "benchmarks" / "run.py"), str(tree)]
    options = ["--runs", "1", "--sample", "0", "--no-growth", "--json", str(tmp_path / "numbers.json")]
    ran = subprocess.run([*command, *options], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    numbers = json.loads((tmp_path / "numbers.json").read_text())
    files = len(list(tree.rglob("*.py")))
    assert {row["files"] for row in numbers["rows"]} == {files}
    for what in ("tf2ms-opt check, run again", "byte search, in Python", "ast.parse of every file", "peak memory, MiB"):
        assert what in ran.stdout
    assert {file: file.read_bytes() for file in tree.rglob("*") if file.is_file()} == before
