"""Writing: whole or not at all, with the file's own mode, through links, and into a tree of its own."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from tf2ms_opt.walk import walk
from tf2ms_opt.write import OutputCollisionError, create, destinations, replace


def test_the_file_is_replaced_and_nothing_else_is_left(tmp_path):
    file = tmp_path / "a.py"
    file.write_bytes(b"old")
    inode = file.stat().st_ino
    replace(file, b"new\r\n\xff")
    assert file.read_bytes() == b"new\r\n\xff"
    assert file.stat().st_ino != inode, "a reader that has the old file open keeps the old text"
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.py"]


@pytest.mark.parametrize("mode", [0o644, 0o755, 0o600, 0o4755])
def test_the_mode_is_kept(tmp_path, mode):
    file = tmp_path / "a.py"
    file.touch()
    file.chmod(mode)
    replace(file, b"new")
    assert stat.S_IMODE(file.stat().st_mode) == mode


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root can give files away")
def test_the_owner_is_kept(tmp_path):
    file = tmp_path / "a.py"
    file.touch()
    os.chown(file, 65534, 65534)
    file.chmod(0o4755)
    replace(file, b"new")
    status = file.stat()
    assert (status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode)) == (65534, 65534, 0o4755)


def test_the_target_of_a_link_is_written(tmp_path):
    (tmp_path / "far").mkdir()
    target = tmp_path / "far" / "real.py"
    target.write_bytes(b"old")
    link = tmp_path / "link.py"
    link.symlink_to("far/real.py")
    replace(link, b"new")
    assert link.is_symlink()
    assert target.read_bytes() == b"new"


def test_a_failure_leaves_the_old_file_and_no_other(tmp_path, monkeypatch):
    file = tmp_path / "a.py"
    file.write_bytes(b"old")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="No space left"):
        replace(file, b"new")
    assert file.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.py"]


def test_a_read_only_file_is_not_overwritten(tmp_path, monkeypatch):
    file = tmp_path / "a.py"
    file.write_bytes(b"old")
    monkeypatch.setattr(os, "access", lambda *_, **__: False)  # root may write everything
    with pytest.raises(PermissionError):
        replace(file, b"new")
    assert file.read_bytes() == b"old"


def test_a_tree_is_mirrored_with_its_modes(tmp_path):
    source, output = tmp_path / "in", tmp_path / "out"
    (source / "deep").mkdir(parents=True)
    (source / "deep" / "a.py").write_text("pass")
    (source / "deep" / "a.py").chmod(0o444)
    alone = tmp_path / "alone.py"
    alone.touch()
    files = walk([source, alone]).files
    places = destinations(files, output)
    assert {path.relative_to(output).as_posix() for path in places.values()} == {"deep/a.py", "alone.py"}
    for _ in range(2):  # a second run replaces what the first one wrote, read-only or not
        for file in files:
            create(places[file.path], b"new", like=Path(file.real))
    assert (output / "deep" / "a.py").read_bytes() == b"new"
    assert stat.S_IMODE((output / "deep" / "a.py").stat().st_mode) == 0o444


def test_two_files_in_one_place_are_refused(tmp_path):
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "x.py").touch()
    with pytest.raises(OutputCollisionError, match=r"a/x\.py and .*b/x\.py would both be written to"):
        destinations(walk([tmp_path / "a", tmp_path / "b"]).files, tmp_path / "out")


def test_writing_over_a_source_is_refused(tmp_path):
    (tmp_path / "a.py").touch()
    with pytest.raises(OutputCollisionError, match="one of the sources"):
        destinations(walk([tmp_path]).files, tmp_path)
