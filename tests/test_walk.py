"""Which files a run takes, and what it says about those that it cannot."""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path

import pytest

from tf2ms_opt.walk import walk


@pytest.fixture
def unprivileged(tmp_path):
    """A context in which permissions bite, even for root."""

    @contextmanager
    def drop():
        for folder in (tmp_path, *tmp_path.parents[:2]):
            folder.chmod(0o755)
        mine = os.geteuid()
        if mine == 0:
            os.seteuid(65534)
        try:
            yield
        finally:
            os.seteuid(mine)

    if not hasattr(os, "seteuid"):
        pytest.skip("the permissions of POSIX")
    return drop


def tree(root, *names):
    for name in names:
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("pass\n")


def names(root, *paths, **options):
    walked = walk(paths or (root,), **options)
    assert not walked.problems
    return [os.path.relpath(file.path, root) for file in walked.files]


def test_python_files_sorted_and_named_as_they_are_reached(tmp_path, monkeypatch):
    tree(tmp_path, "b.py", "a/z.py", "a/y.PY", "a.txt", "c.pyi", "c.py/inside.py", "a/deep/er/x.py")
    monkeypatch.chdir(tmp_path)
    expected = ["a/deep/er/x.py", "a/y.PY", "a/z.py", "b.py", "c.py/inside.py"]
    for root in (Path(), Path("./")):
        assert [file.path for file in walk([root]).files] == expected
    assert [file.path for file in walk([Path("../" + tmp_path.name + "/a")]).files][-1] == f"../{tmp_path.name}/a/z.py"
    assert [file.relative for file in walk([Path("a")]).files] == ["deep/er/x.py", "y.PY", "z.py"]


@pytest.mark.parametrize(
    "folder",
    [".git", ".hg", ".tox", ".nox", ".venv", "venv", "node_modules", "__pycache__", "site-packages", "build", "dist"],
)
def test_directories_that_are_not_the_projects_own_are_left_out(tmp_path, folder):
    tree(tmp_path, "a.py", f"{folder}/b.py", f"x/{folder}/c.py")
    assert names(tmp_path) == ["a.py"]
    assert names(tmp_path, tmp_path / folder) == [f"{folder}/b.py"], "unless they are named"


def test_a_virtual_environment_is_known_by_its_configuration(tmp_path):
    tree(tmp_path, "env/model.py", "mine/lib/x.py", "mine/pyvenv.cfg")
    assert names(tmp_path) == ["env/model.py"]


def test_a_file_is_taken_once_under_its_own_name(tmp_path):
    tree(tmp_path, "b/real.py")
    (tmp_path / "a.py").symlink_to("b/real.py")
    (tmp_path / "linked").symlink_to("b")
    (tmp_path / "lost.py").symlink_to("nowhere.py")
    (tmp_path / "loop.py").symlink_to("loop.py")
    assert names(tmp_path) == ["b/real.py"]
    assert names(tmp_path, tmp_path / "b", tmp_path, tmp_path / "b") == ["b/real.py"]
    assert names(tmp_path, tmp_path / "linked") == ["linked/real.py"]


def test_a_named_file_is_always_taken_and_keeps_its_name(tmp_path):
    tree(tmp_path, "a.py", "script", "build/gen.py")
    (tmp_path / ".gitignore").write_text("*\n")
    walked = walk([tmp_path, *(tmp_path / name for name in ("script", "build/gen.py", "a.py"))], exclude=["*"])
    assert [(file.relative, file.named) for file in walked.files] == [
        ("a.py", True),
        ("gen.py", True),
        ("script", True),
    ]


def test_gitignore_files_are_honoured_at_every_level(tmp_path):
    tree(
        tmp_path,
        "keep.py",
        "gen_a.py",
        "out/x.py",
        "sub/gen_b.py",
        "sub/own.py",
        "sub/deep/only.py",
        "sub/deep/gen_keep.py",
    )
    (tmp_path / ".gitignore").write_text("# generated\ngen_*.py\n/out/\n!\n")
    (tmp_path / "sub" / ".gitignore").write_text("/own.py\n")
    (tmp_path / "sub" / "deep" / ".gitignore").write_text("!gen_keep.py\n")
    assert names(tmp_path) == ["keep.py", "sub/deep/gen_keep.py", "sub/deep/only.py"]


def test_gitignore_files_above_count_inside_of_a_repository(tmp_path):
    tree(tmp_path, "repo/src/a.py", "repo/src/gen/b.py", "repo/src/c.py")
    (tmp_path / ".gitignore").write_text("c.py\n")
    (tmp_path / "repo" / ".gitignore").write_text("src/gen/\n")
    source = tmp_path / "repo" / "src"
    assert names(source) == ["a.py", "c.py", "gen/b.py"], "no repository: only what lies below"
    (tmp_path / "repo" / ".git").mkdir()
    assert names(source) == ["a.py", "c.py"]
    assert names(source, source / "gen") == ["gen/b.py"], "a named directory is walked even if it is ignored"


def test_exclude_is_relative_to_the_walked_directory(tmp_path):
    tree(tmp_path, "a.py", "tests/a.py", "src/tests/b.py", "src/c.py")
    assert names(tmp_path, exclude=["/tests"]) == ["a.py", "src/c.py", "src/tests/b.py"]
    assert names(tmp_path, exclude=["tests/", "a.py"]) == ["src/c.py"]
    assert names(tmp_path, exclude=["src/*", "!src/c.py"]) == ["a.py", "src/c.py", "tests/a.py"]
    with pytest.raises(ValueError, match="!"):
        walk([tmp_path], exclude=["!"])


def test_the_output_directory_is_not_walked(tmp_path):
    tree(tmp_path, "a.py", "out/a.py", "out2/a.py")
    assert names(tmp_path, skip=tmp_path / "out") == ["a.py", "out2/a.py"]


def test_what_is_missing_or_no_file_is_a_problem(tmp_path):
    tree(tmp_path, "a.py")
    os.mkfifo(tmp_path / "pipe.py")
    walked = walk([tmp_path, tmp_path / "missing", tmp_path / "pipe.py"])
    assert [Path(file.path).name for file in walked.files] == ["a.py"]
    problems = {Path(problem.path).name: problem.error.strerror for problem in walked.problems}
    assert problems == {"missing": "No such file or directory", "pipe.py": "not a regular file"}


def test_what_may_not_be_read_is_a_problem(tmp_path, monkeypatch, unprivileged):
    tree(tmp_path, "a.py", "closed/b.py", "half/c.py")
    (tmp_path / "half" / ".gitignore").write_text("c.py")
    (tmp_path / "half" / ".gitignore").chmod(0)
    (tmp_path / "closed").chmod(0)
    monkeypatch.chdir(tmp_path)
    with unprivileged():
        walked = walk([Path(), Path("closed/b.py")])
    (tmp_path / "closed").chmod(0o755)
    assert [file.path for file in walked.files] == ["a.py", "half/c.py"]
    assert [problem.path for problem in walked.problems] == ["closed", "closed/b.py", "half/.gitignore"]
    assert {problem.error.strerror for problem in walked.problems} == {"Permission denied"}
