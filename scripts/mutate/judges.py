"""What a mutant is judged by: the fixtures of ``tests/fixtures`` and the projects of ``tests/projects``."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / "tests")]
os.environ["LC_ALL"] = "C.UTF-8"

import test_fixtures  # noqa: E402
import test_project  # noqa: E402

from tf2ms_opt.ruleset import RuleSet, load  # noqa: E402

FIXTURES: list[Path] = test_fixtures.CASES
PROJECTS = sorted(test_project.PROJECTS.iterdir())


def fixture_differs(case: Path, rules: RuleSet) -> bool:
    """Whether the file or the report of a fixture is not what it should be."""
    before = test_fixtures.text_of(case)
    data = before.read_bytes()
    outcome = test_fixtures.run(data, case, rules)
    golden = case / f"after{before.suffix}"
    expected = golden.read_bytes() if golden.exists() else data
    return outcome.after != expected or test_fixtures.report(outcome) != (case / "report.txt").read_text("utf-8")


def project_differs(project: Path) -> bool:
    """Whether the files or the report of a project are not what they should be."""
    before = test_project.files(project / "before")
    with TemporaryDirectory() as folder:
        shutil.copytree(project / "before", Path(folder) / "code")
        # without the cache, which would remember what a mutant says
        result = test_project.run(["convert", ".", "--format", "concise", "--no-cache"], Path(folder) / "code")
        found = test_project.files(Path(folder) / "code")
    changed = {name: data for name, data in found.items() if data != before[name]}
    return result.output != (project / "report.txt").read_text("utf-8") or changed != test_project.files(
        project / "after"
    )


def differs(case: Path, rules: RuleSet | None = None) -> bool:
    """Whether a fixture or a project tells that something is different."""
    return project_differs(case) if case in PROJECTS else fixture_differs(case, rules or load())
