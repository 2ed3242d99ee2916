"""What requirement files tell about the source's generation, and where the search for them ends."""

from __future__ import annotations

import pytest

from tf2ms_opt.generations import generation_of_keras, generation_of_tensorflow
from tf2ms_opt.pins import Pins


def pin(folder, name, text):
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    (folder / ".git").mkdir(exist_ok=True)
    return Pins().pinned(folder / "train.py")


@pytest.mark.parametrize(
    ("version", "generation"),
    [
        ("1.4", "legacy"),
        ("2.0", "legacy"),
        ("2.4.1", "legacy"),
        ("2.10", "legacy"),
        ("2.11", "tf2.11"),
        ("2.15.0rc1", "tf2.11"),
        ("2.16", "keras3"),
        ("3.0", "keras3"),
    ],
)
def test_tensorflow_versions(version, generation):
    assert generation_of_tensorflow(version) == generation


@pytest.mark.parametrize(
    ("version", "generation"), [("2.3.1", "legacy"), ("2.10", "legacy"), ("2.15", "tf2.11"), ("3.0", "keras3")]
)
def test_keras_versions(version, generation):
    assert generation_of_keras(version) == generation


@pytest.mark.parametrize("text", ["2", "", "two", "2.x", "v2.4", "2.4 beta", "2.4,2.5"])
def test_what_is_no_version_is_refused(text):
    with pytest.raises(ValueError, match="not a version number"):
        generation_of_tensorflow(text)


@pytest.mark.parametrize(
    ("line", "generation"),
    [
        ("tensorflow==2.4.1", "legacy"),
        ("TensorFlow==2.3.0", "legacy"),
        ("tensorflow_gpu==1.4", "legacy"),
        ("tensorflow-gpu>=1.15,<2.0  # the old cluster", "legacy"),
        ("tensorflow<2.11", "legacy"),
        ("tensorflow~=2.4.0", "legacy"),
        ("tensorflow==2.0.0b1", "legacy"),
        ("tensorflow == 2.12.0 \\\n    --hash=sha256:aa", "tf2.11"),
        ("tensorflow[and-cuda]>=2.11,<2.16 ; python_version > '3.8'", "tf2.11"),
        ("intel-tensorflow==2.11.0", "tf2.11"),
        ("tensorflow>=2.16", "keras3"),
        ("keras==2.3.1", "legacy"),
        ("keras>=3", "keras3"),
        ("tf-keras>=2.16", "tf2.11"),
        ("tensorflow", None),
        ("tensorflow>=2.0", None),
        ("tensorflow~=2.4", None),
        ("keras<3", None),
        ("tf-nightly==2.4", None),
        ("tensorflow-datasets==1.0", None),
        ("tensorflow==two", None),
        ("tensorflow==2.4\ntensorflow==2.12", None),
    ],
)
def test_requirement_lines(tmp_path, line, generation):
    found = pin(tmp_path, "requirements.txt", f"numpy\n-r other.txt\n{line}\n")
    assert (found and found.generation) == generation


@pytest.mark.parametrize(
    ("name", "text", "by"),
    [
        ("requirements-dev.txt", "tensorflow==2.4", "requirements-dev.txt: tensorflow==2.4"),
        ("requirements/base.txt", "tensorflow==2.4", "requirements/base.txt: tensorflow==2.4"),
        ("requirements.txt", "\ufefftensorflow==2.4\r\n".encode("utf-16-le"), "requirements.txt: tensorflow==2.4"),
        ("pyproject.toml", '[project]\ndependencies = ["tensorflow<2.11"]', "pyproject.toml: tensorflow<2.11"),
        ("pyproject.toml", '[project.optional-dependencies]\ntf = ["keras<2.9"]', "pyproject.toml: keras<2.9"),
        ("pyproject.toml", '[tool.poetry.dependencies]\ntensorflow = "~2.4"', 'pyproject.toml: tensorflow = "~2.4"'),
        (
            "pyproject.toml",
            '[tool.poetry.dependencies]\nkeras = { version = "2.4.3" }',
            'pyproject.toml: keras = "2.4.3"',
        ),
        ("setup.cfg", "[options]\ninstall_requires =\n  numpy\n  tensorflow==2.2", "setup.cfg: tensorflow==2.2"),
        ("setup.py", 'NEEDS = ["tensorflow>=1.4,<2"]\nsetup(keywords="keras")', "setup.py: tensorflow>=1.4,<2"),
        ("environment.yml", "dependencies:\n  - python=3.7\n  - tensorflow=2.4", "environment.yml: tensorflow=2.4"),
        ("environment.yaml", "- conda-forge::tensorflow=2.4.1=mkl_py37", "environment.yaml: tensorflow=2.4.1=mkl_py37"),
        ("environment.yml", "- pip:\n    - tensorflow-gpu==1.15", "environment.yml: tensorflow-gpu==1.15"),
        ("Pipfile", '[packages]\ntensorflow = "==2.1"', 'Pipfile: tensorflow = "==2.1"'),
    ],
)
def test_every_kind_of_file_tells(tmp_path, name, text, by):
    found = pin(tmp_path, name, text)
    assert found is not None
    assert (found.generation, found.by) == ("legacy", by)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pyproject.toml", "[project\ndependencies = 3"),
        ("pyproject.toml", "project = 3"),
        ("pyproject.toml", '[tool.poetry.dependencies]\ntensorflow = "^2.4"'),
        ("setup.cfg", "no section\n=="),
        ("setup.py", "def (:"),
        ("setup.py", b"\x00"),
        ("Pipfile", "tensorflow"),
        ("environment.yml", "- tensorflow\n- tensorflow>=2.1\n- tensorflow=2.*\n- :::"),
        ("requirements.txt", b"\xff\xfe\x00"),
    ],
)
def test_what_cannot_be_read_or_is_too_wide_tells_nothing(tmp_path, name, text):
    assert pin(tmp_path, name, text) is None


def test_the_setup_script_is_not_run(tmp_path):
    pin(tmp_path, "setup.py", f"open({str(tmp_path / 'ran')!r}, 'w')\nX = 'tensorflow==2.4'")
    assert not (tmp_path / "ran").exists()


def test_the_search_goes_up_to_the_projects_root_and_no_further(tmp_path):
    (tmp_path / "requirements.txt").write_text("tensorflow==2.4")
    folder = tmp_path / "project" / "package"
    folder.mkdir(parents=True)
    pins = Pins()
    assert pins.pinned(folder / "train.py").generation == "legacy"
    (tmp_path / "project" / "setup.py").touch()
    assert pins.pinned(folder / "model.py").generation == "legacy", "each directory is looked at once a run"
    assert Pins().pinned(folder / "train.py") is None


def test_the_nearest_file_goes_before_one_above(tmp_path):
    pin(tmp_path, "requirements.txt", "tensorflow==2.4")
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "requirements.txt").write_text("tensorflow==2.17")
    assert Pins().pinned(tmp_path / "new" / "train.py").generation == "keras3"


def test_files_that_contradict_each_other_tell_nothing_and_hide_those_above(tmp_path):
    pin(tmp_path, "requirements.txt", "tensorflow==2.4")
    folder = tmp_path / "sub"
    folder.mkdir()
    (folder / "requirements.txt").write_text("tensorflow==2.4")
    (folder / "environment.yml").write_text("- tensorflow=2.12")
    assert Pins().pinned(folder / "train.py") is None


def test_a_relative_path_is_looked_up_where_it_is(tmp_path, monkeypatch):
    pin(tmp_path / "one", "requirements.txt", "tensorflow==2.4")
    pin(tmp_path / "two", "requirements.txt", "tensorflow==2.17")
    monkeypatch.chdir(tmp_path / "one")
    (tmp_path / "two" / "deep").mkdir()
    assert Pins().pinned(tmp_path.__class__("../two/deep/train.py")).generation == "keras3"
