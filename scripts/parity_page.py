"""What ``verify`` prints for an example, as docs/parity_lab.md shows it.

    python scripts/parity_page.py        # run both frameworks, and record what was printed

``tests/parity/test_parity_page.py`` runs it again and fails when something else is printed.
"""

from __future__ import annotations

import json
from pathlib import Path

from shown import fenced, run

ROOT = Path(__file__).parents[1]
RECORDED = ROOT / "docs" / "verify.json"
#: what to run, and its exit code: at `stock` this optimizer differs on a CPU
COMMANDS = {
    "stock": (("verify", "examples/linear_regression.py"), 1),
    "exact": (("verify", "examples/linear_regression.py", "--fidelity", "exact"), 0),
}


def main() -> None:
    """Record every run."""
    found = {name: printed(name) for name in COMMANDS}
    RECORDED.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8", newline="\n")
    print(f"written: {RECORDED.relative_to(ROOT)}")


def printed(name: str) -> str:
    """What a command prints, as on a terminal of 120 columns; raises ``RuntimeError`` for another exit code."""
    arguments, expected = COMMANDS[name]
    return f"$ tf2ms-opt {' '.join(arguments)}\n{run(*arguments, cwd=ROOT, expected=expected).stdout}"


def blocks() -> dict[str, str]:
    """The generated parts of the page, by their names."""
    recorded: dict[str, str] = json.loads(RECORDED.read_text(encoding="utf-8"))
    return {f"verify-{name}": fenced("text", text) for name, text in recorded.items()}


if __name__ == "__main__":
    main()
