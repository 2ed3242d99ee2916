"""Which files may import which is read from bytes: nothing that an import leads to may be missing."""

from __future__ import annotations

import json
import sysconfig
from pathlib import Path

import pytest

from tf2ms_opt.project.files import Files
from tf2ms_opt.project.layout import Layout
from tf2ms_opt.project.links import Links
from tf2ms_opt.ruleset import load
from tf2ms_opt.walk import Found

PACKAGES = [Path(sysconfig.get_paths()["stdlib"]) / name for name in ("json", "email", "unittest", "asyncio")]


def links(texts: dict[str, str | bytes]) -> Links:
    data = {name: text.encode() if isinstance(text, str) else text for name, text in texts.items()}
    return Links(list(data), Layout.of(data), data.__getitem__)


@pytest.mark.parametrize(
    "text",
    [
        "import a\n",
        "import os, a as b\n",
        "import os, \\\n  a\n",
        "from a import f\n",
        "from  a  import (  # (why\n  f,\n)\n",
        "from \\\n  a import f\n",
        "from . import a\n",
        "from.import a\n",
        "from . import (b,\n # )\n a)\n",
        "from .a import *\n",
        "x = 1; import a\n",
        "if x: from a import f\n",
        "def f():\n\timport a\n",
        "import a\r",
        "m = __import__('a')\n",
        "m = importlib.import_module(\n    'a'\n)\n",
        "from p import a\n",
        "import p.a\n",
        "from p import x as a\n",
        b"# coding: latin-1\n# \xe9\nimport a\n",
        "\ufeffimport a\n",
    ],
)
def test_an_import_is_found_however_it_is_written(text):
    known = links({"/p/a.py": "", "/p/b.py": "", "/p/__init__.py": "", "/p/main.py": text})
    assert "/p/a.py" in known.to("/p/main.py") or ("as a" in text and "/p/__init__.py" in known.to("/p/main.py"))


def test_a_name_is_what_python_takes_it_for():
    known = links({"/p/modèle.py": "", "/p/main.py": "import modèle\n", "/p/other.py": "from mode\u0300le import f\n"})
    assert known.reaching(["/p/modèle.py"]) == {"/p/main.py", "/p/other.py"}


def test_a_notebook_imports_by_its_cells():
    cells = [{"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None, "source": source}
             for source in (["x = 1\n", "from a import f"], "import b")]  # fmt: skip
    notebook = json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells})
    known = links({"/p/a.py": "", "/p/b.py": "", "/p/c.py": "", "/p/n.ipynb": notebook})
    assert known.to("/p/n.ipynb") == {"/p/a.py", "/p/b.py"}


def test_what_can_be_got_at_goes_through_other_files_and_in_circles():
    known = links(
        {"/a.py": "import b", "/b.py": "import c", "/c.py": "import b", "/d.py": "# import e, f", "/e.py": ""}
    )
    assert known.reaching(["/c.py"]) == {"/a.py", "/b.py", "/c.py"}
    assert known.reached(["/a.py"]) == {"/b.py", "/c.py"}
    assert known.reaching(["/e.py"]) == {"/d.py"}  # a comment is too much, and too much is right


def test_names_have_the_other_names_that_they_are_imported_by():
    known = links(
        {"/a.py": "from b import train as fit, x\n", "/c.py": "from a import fit as go\n# train as a whole\n"}
    )
    assert known.with_aliases({"train"}) == {"train", "fit", "go"}


@pytest.mark.parametrize("package", PACKAGES, ids=lambda one: one.name)
def test_nothing_that_a_parsed_file_imports_is_missing(package):
    found = [Found(one.name, one.name, str(one), named=False) for one in sorted(package.rglob("*.py"))]
    files = Files(found, lambda file: Path(file.real).read_bytes(), load())
    for file in found:
        said = files.settled(lambda file=file: files.offer(file.real)).mentions
        for name in [*said.imports.values(), *(star.rstrip(".") or star for star in said.stars)]:
            assert set(files.layout.modules(name, file.real)) <= files.links.to(file.real) | {file.real}, (file, name)
    assert any(files.links.to(file.real) for file in found)
