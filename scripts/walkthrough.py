"""The walk-through of the documents: a project in TensorFlow, what is converted of it, and what a person does.

    python scripts/walkthrough.py        # docs/walkthrough/after

``before`` is the original.  ``after`` is what the converter writes, with the changes that it leaves to a person: the
network, which is a file of its own, and the lines in ``BY_HAND``.  ``tests/test_docs.py`` fails when ``after`` or the
page is out of date, and ``tests/parity/test_walkthrough.py`` trains both.
"""

from __future__ import annotations

import difflib
import json
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from shown import fenced, run

WALK = Path(__file__).parents[1] / "docs" / "walkthrough"
BEFORE, AFTER = WALK / "before", WALK / "after"
#: where the page lets the converter write
CONVERTED = "converted"
#: what tests/parity/test_walkthrough.py measured last: losses by framework and fidelity
RECORDED = WALK / "recorded.json"
RUNTIME = "tf2ms_runtime.py"
#: the file that a person writes anew; the same for every fidelity
PORTED = "network.py"


@dataclass(frozen=True)
class Change:
    """One change that a person makes in a converted file, for the finding that asks for it."""

    file: str
    old: str
    new: str


BY_HAND = (
    Change(
        "train.py",
        '        metrics={"accuracy": Accuracy()},\n',
        '        metrics={"accuracy": Accuracy()},\n        penalties=network.Penalty(model, config),\n',
    ),
    Change(
        "finetune.py",
        '    model.load_weights("best.weights.h5")\n',
        '    mindspore.load_checkpoint("best.ckpt", model)\n',
    ),
    Change("finetune.py", "\nimport data\n", "\nimport mindspore\n\nimport data\n"),
)


@dataclass(frozen=True)
class Conversion:
    """What the command line made of ``before``: its files, and what it said."""

    files: Mapping[str, str]
    report: str


def main() -> None:
    """Write ``after`` anew, but for the file that a person writes."""
    for name, text in finished(converted()).items():
        if name not in (PORTED, RUNTIME):
            (AFTER / name).write_text(text, encoding="utf-8", newline="\n")
            print(f"written: docs/walkthrough/after/{name}")


def converted(*options: str) -> Conversion:
    """``before`` by the command line, with its report as on a terminal of 120 columns."""
    with tempfile.TemporaryDirectory() as folder:
        done = run("convert", BEFORE.name, "--output-dir", folder, *options, cwd=WALK, expected=0)
        files = {file.name: file.read_text(encoding="utf-8") for file in sorted(Path(folder).glob("*.py"))}
        return Conversion(files, done.stderr.replace(folder, CONVERTED))


def finished(conversion: Conversion) -> dict[str, str]:
    """The whole project as it runs in MindSpore: the converted files with the changes of a person."""
    files = {**conversion.files, PORTED: (AFTER / PORTED).read_text(encoding="utf-8")}
    for change in BY_HAND:
        if files[change.file].count(change.old) != 1:
            raise RuntimeError(f"{change.file} has not once what a person changes: {change.old!r}")
        files[change.file] = files[change.file].replace(change.old, change.new)
    return files


def blocks() -> dict[str, str]:
    """The generated parts of the page, by their names."""
    stock, exact = converted(), converted("--fidelity", "exact")
    done = finished(stock)
    command = f"$ tf2ms-opt convert {BEFORE.name} --output-dir {CONVERTED}\n"
    by_hand = [
        _diff(stock.files[name], done[name], f"{CONVERTED}/{name}", f"{AFTER.name}/{name}")
        for name in dict.fromkeys(change.file for change in BY_HAND)
    ]
    changes = {
        name: _diff(_text(name), stock.files[name], f"{BEFORE.name}/{name}", f"{CONVERTED}/{name}")
        for name in ("train.py", "optimizers.py", "finetune.py")
    }
    return {
        "walk-train": fenced("python", _text("train.py")),
        "walk-optimizers": fenced("python", _text("optimizers.py")),
        "walk-network": fenced("python", _text(PORTED)),
        "walk-report": fenced("text", command + stock.report),
        **{f"walk-{Path(name).stem}-diff": fenced("diff", change) for name, change in changes.items()},
        "walk-ported": fenced("python", done[PORTED]),
        "walk-by-hand": fenced("diff", "".join(by_hand)),
        "walk-exact": fenced("python", exact.files["optimizers.py"]),
        "walk-losses": "\n".join(_losses(json.loads(RECORDED.read_text(encoding="utf-8")))),
    }  # fmt: skip


def _text(name: str) -> str:
    return (BEFORE / name).read_text(encoding="utf-8")


def _diff(old: str, new: str, before: str, after: str) -> str:
    lines = difflib.unified_diff(old.splitlines(), new.splitlines(), before, after, n=2, lineterm="")
    return "\n".join([*lines, ""])


def _losses(recorded: Mapping[str, Mapping[str, list[float]]]) -> Iterator[str]:
    columns = ("tensorflow", "stock", "exact")
    yield "| | TensorFlow | MindSpore, `stock` | MindSpore, `exact` |"
    yield "|---|---|---|---|"
    for kind, words in (
        ("loss", "epoch {}: loss"),
        ("held out", "epoch {}: held out"),
        ("steps", "`finetune.py`, step {}"),
    ):
        for place, row in enumerate(zip(*(recorded[column][kind] for column in columns), strict=True), 1):
            yield f"| {words.format(place)} | {' | '.join(f'{loss:.6f}' for loss in row)} |"


if __name__ == "__main__":
    main()
