"""The diff: what git and patch make of it must be the new file, byte for byte."""

from __future__ import annotations

import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tf2ms_opt.report.diff import coloured, unified

CASES = {
    "plain": (b"a\nb\nc\n", b"a\nB\nc\n"),
    "crlf": (b"a\r\nb\r\nc\r\n", b"a\r\nB\r\nc\r\n"),
    "mixed": (b"a\r\nb\nc\rd\n", b"a\r\nB\nc\rd\n"),
    "lone-cr": (b"a\rb\rc", b"a\rB\rc"),
    "no-newline": (b"a\nb", b"a\nB"),
    "newline-added": (b"a\nb", b"a\nb\n"),
    "newline-lost": (b"a\nb\n", b"a\nb"),
    "latin-1": (b"# -*- coding: latin-1 -*-\n# \xe9\xff\nx\n", b"# -*- coding: latin-1 -*-\n# \xe9\xff\ny\n"),
    "separators": (b"a\x0c\x0b\x1c\xc2\x85\xe2\x80\xa8\nb\n", b"a\x0c\x0b\x1c\xc2\x85\xe2\x80\xa8\nB\n"),
    "bom": (b"\xef\xbb\xbfa\nb\n", b"\xef\xbb\xbfA\nb\n"),
    "nul": (b"a\x00\nb\n", b"a\x00\nc\n"),
    "far-apart": (b"\n".join(b"%d" % n for n in range(50)), b"0\n1\nX\n" + b"\n".join(b"%d" % n for n in range(3, 49))),
}


def apply(folder, patch, strip=1):
    subprocess.run(["git", "apply", f"-p{strip}", "--whitespace=nowarn", "-"], cwd=folder, input=patch, check=True)


@pytest.mark.parametrize("name", CASES)
def test_git_apply_makes_the_new_file(tmp_path, monkeypatch, name):
    before, after = CASES[name]
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "a.py").write_bytes(before)
    apply(tmp_path, b"".join(unified(before, after, "sub/a.py")))
    assert (tmp_path / "sub" / "a.py").read_bytes() == after


@pytest.mark.parametrize(
    "name", ["a b.py", 'tab\tquote".py', "back\\slash.py", "\u4e2d\u6587 \u00e9.py", "line\nfeed.py", "\udcff.py"]
)
def test_names_that_git_quotes(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).write_bytes(b"a\n")
    apply(tmp_path, b"".join(unified(b"a\n", b"b\n", name)))
    assert (tmp_path / name).read_bytes() == b"b\n"


def test_paths_are_relative_to_the_current_directory(tmp_path, monkeypatch):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")

    def header(path):
        return b"".join(unified(b"a", b"b", str(path))).splitlines()[0].decode()

    assert header(tmp_path / "here" / "x" / "a.py") == "--- a/x/a.py"
    assert header("../here/./a.py") == "--- a/a.py"
    assert header("../a.py") == f"--- a/{(tmp_path / 'a.py').relative_to('/')}"


def test_nothing_changed_is_no_diff():
    assert list(unified(b"a\n", b"a\n", "a.py")) == []


def test_colour_changes_no_line():
    lines = list(unified(b"a\r\nb", b"a\r\nc", "a.py"))
    shown = b"".join(coloured(lines))
    assert b"\x1b[31m-b\x1b[0m\n" in shown
    assert b"\x1b[32m+c\x1b[0m\n" in shown
    for code in (b"\x1b[0m", b"\x1b[1m", b"\x1b[31m", b"\x1b[32m", b"\x1b[36m"):
        shown = shown.replace(code, b"")
    assert shown == b"".join(lines)


@settings(deadline=None, max_examples=40)
@given(before=st.binary(max_size=40), after=st.binary(max_size=40))
def test_any_bytes(tmp_path_factory, before, after):
    folder = tmp_path_factory.mktemp("any")
    (folder / "a.py").write_bytes(before)
    patch = b"".join(unified(before, after, str(folder / "a.py")))
    if patch and after and before:  # git takes an empty side for a new or deleted file
        apply(folder, patch, strip=len(folder.parts))
        assert (folder / "a.py").read_bytes() == after
