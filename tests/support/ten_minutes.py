"""A copy of the project without Adagrad, for who follows CONTRIBUTING.md: the tests that hold its steps to the word."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDERS = ("src", "rules", "scripts", "docs", "examples", "tests")
FILES = ("README.md", "README_CN.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "pyproject.toml")
RULE = "adagrad"


def copy(folder: Path) -> None:
    """The project as it would be before the rule was written."""
    for name in FOLDERS:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    for name in FILES:
        shutil.copy(ROOT / name, folder / name)
    shutil.rmtree(folder / "tests" / "fixtures" / RULE)
    for name in (f"rules/{RULE}.toml", f"rules/evidence/{RULE}.json", f"docs/{RULE}.md", f"docs/{RULE}.svg"):
        (folder / name).unlink()


def write(folder: Path) -> list[Path]:
    """Write the files of the steps 2 and 3, each under the name that the text gives it."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    (named,) = re.findall(r"^\*\*2\. Write `([^`]+)`\.\*\*$", text, re.MULTILINE)
    (rule,) = re.findall(r"^```toml\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    files = {named: rule}
    for case in re.findall(r"^```python\n(.*?)^```$", text, re.DOTALL | re.MULTILINE):
        first, _, code = case.partition("\n")
        files[first.removeprefix("# ")] = code
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content, encoding="utf-8", newline="\n")
    return [folder / name for name in files]


def commands(*words: str) -> list[str]:
    """The commands of the text that have one of these words, without their comments."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").partition("## Checks")[0]
    lines = [
        line
        for block in re.findall(r"^```bash\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
        for line in block.splitlines()
    ]
    plain = [re.sub(r"\s+#.*", "", line) for line in lines]
    return [line for line in plain if any(word in line for word in words)]


def run(command: str, folder: Path, *more: str) -> subprocess.CompletedProcess[str]:
    """A command of the text in the copy, with this Python and the copy's own program."""
    program, *arguments = command.split()
    start = {"pytest": ["-m", "pytest", "-q", "-p", "no:cacheprovider"], "tf2ms-opt": ["-m", "tf2ms_opt"], "python": []}
    return subprocess.run(
        [sys.executable, *start[program], *arguments, *more],
        cwd=folder, env={**os.environ, "PYTHONPATH": str(folder / "src"), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True, encoding="utf-8", check=False,
    )  # fmt: skip
