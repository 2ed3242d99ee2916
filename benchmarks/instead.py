"""What else goes over a tree of Python files: what any tool has to pay, and what a user would run instead of this one.

Each is the quickest plain form of its kind; none of them does what ``tf2ms-opt`` does.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from costs import script

_FILES = """
import os, re, sys
def files():
    for folder, _, names in os.walk(sys.argv[1]):
        for name in names:
            if name.endswith(".py"):
                with open(os.path.join(folder, name), "rb") as file:
                    yield file.read()
"""
BYTE_SEARCH = f"""{_FILES}
word = re.compile(rb"RMSprop|RMSPropOptimizer|rmsprop")
for data in files():
    word.search(data)
"""
_AST = f"""{_FILES}
import ast
for data in files():
    try:
        ast.parse(data)
    except (SyntaxError, ValueError):
        pass
"""
_CODEMOD = f"""{_FILES}
import libcst
from libcst.metadata import MetadataWrapper, QualifiedNameProvider

class Rename(libcst.CSTTransformer):
    METADATA_DEPENDENCIES = (QualifiedNameProvider,)

    def leave_Call(self, original, updated):
        names = {{one.name for one in self.get_metadata(QualifiedNameProvider, original.func, set())}}
        if names & {{"tensorflow.keras.optimizers.RMSprop", "keras.optimizers.RMSprop"}}:
            return updated.with_changes(func=libcst.parse_expression("mindspore.nn.RMSProp"))
        return updated

for data in files():
    try:
        MetadataWrapper(libcst.parse_module(data)).visit(Rename()).bytes
    except Exception:
        pass
"""
LIBCST = """
import sys
import libcst
for name in sys.argv[1:]:
    with open(name, "rb") as file:
        libcst.parse_module(file.read()).bytes
"""


@dataclass(frozen=True)
class Rival:
    """A command over a tree; a ``slow`` one gets a sample of the files, ``missing`` says why one cannot run."""

    name: str
    command: tuple[str, ...] = ()
    slow: bool = False
    missing: str = ""


def rivals(tree: Path, sample: Path, spare: Path) -> Iterator[Rival]:
    """Everything that is compared; ``spare`` is a place for what they write."""
    yield Rival("byte search, in Python", tuple(script(BYTE_SEARCH, str(tree))))
    yield Rival("ast.parse of every file", tuple(script(_AST, str(tree))))
    ast_grep = _program("ast-grep")
    pattern = ("run", "--pattern", "$A.RMSprop($$$)", "--lang", "python", str(tree))
    name = "ast-grep, one pattern"
    yield Rival(name, (ast_grep, *pattern)) if ast_grep else Rival(name, missing="pip install ast-grep-cli")
    yield Rival("libcst codemod, qualified names", tuple(script(_CODEMOD, str(sample))), slow=True)
    upgrade = _program("tf_upgrade_v2")
    paths = ("--intree", str(sample), "--outtree", str(spare / "upgraded"), "--reportfile", str(spare / "report.txt"))
    name = "tf_upgrade_v2"
    yield Rival(name, (upgrade, *paths), slow=True) if upgrade else Rival(name, slow=True, missing="no TensorFlow")


def _program(name: str) -> str | None:
    beside = Path(sys.executable).parent / name
    return str(beside) if beside.exists() else shutil.which(name)
