"""The page of ``report`` in a real browser: filters, hostile files, both colour schemes, narrow windows, paper."""

from __future__ import annotations

import html
import os
import re
import shutil
import subprocess
from html.parser import HTMLParser

import pytest
from click.testing import CliRunner
from PIL import Image

from tf2ms_opt.cli import main

HEAD = "import tensorflow as tf\n"
HOSTILE = "</script><script>document.title='x'</script><img src=x onerror=\"document.title='x'\">"
FILES = {
    "converted.py": (
        "import tensorflow as tf\n\nmodel = tf.keras.Sequential([tf.keras.layers.Dense(1)])\n"
        'opt = tf.keras.optimizers.RMSprop(learning_rate=1e-3)\nmodel.compile(optimizer=opt, loss="mse")\n'
    ),
    "left.py": f"{HEAD}opt = tf.keras.optimizers.Adam(**options)  # needle\n",
    "sub/left.py": f"{HEAD}opt = tf.keras.optimizers.SGD(**options)\n",
    "broken.py": f"{HEAD}opt = tf.keras.optimizers.RMSprop(\n",
    f"<img src=x onerror=\"document.title='x'\">{'long_name_' * 8}.py": (
        f"{HEAD}# {HOSTILE}\nopt = tf.keras.optimizers.Adam(**options)  # {HOSTILE} \u202e {'x' * 400}\n"
    ),
}
SWITCHES = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--hide-scrollbars",
)  # fmt: skip
#: elements that are never closed
VOID = {"meta", "input", "br", "img", "link"}


@pytest.fixture(scope="module")
def browser():
    found = next((name for name in ("chromium", "chromium-browser", "google-chrome") if shutil.which(name)), None)
    if found is None:
        message = "no Chromium here: the page of `report` was not tried in a browser (apt-get install chromium)"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(message)
    return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A project with a file of every kind, and its page."""
    place = tmp_path_factory.mktemp("project")
    (place / "pyproject.toml").write_text("[project]\ndependencies = ['tensorflow>=2.16']\n")
    (place / "sub").mkdir()
    for name, text in FILES.items():
        (place / name).write_text(text, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        assert CliRunner().invoke(main, ["report", ".", "-o", "report.html"]).exit_code == 2
    return place


@pytest.fixture
def browse(browser, folder, tmp_path):
    def run(page, *switches, fragment=""):
        address = (folder / page).as_uri() + fragment
        command = [browser, *SWITCHES, f"--user-data-dir={tmp_path / 'profile'}", *switches, address]
        return subprocess.run(command, capture_output=True, encoding="utf-8", check=True, timeout=120).stdout

    return run


class Shown(HTMLParser):
    """The files, places and headings of a document that are not hidden, and what is open."""

    def __init__(self, text):
        super().__init__()
        self.stack = []
        self.files, self.places, self.open, self.tags, self.title = [], [], [], [], ""
        self.counts = []
        self.counting = False
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.tags.append(tag)
        hidden = "hidden" in attrs or any(gone for _, gone in self.stack)
        if tag not in VOID:
            self.stack.append((tag, hidden))
        if hidden:
            return
        self.counting = attrs.get("class") == "count"
        if tag == "details":
            self.files.append(attrs["data-path"])
            if "open" in attrs:
                self.open.append(attrs["data-path"])
        if "item" in (attrs.get("class") or "").split():
            self.places.append((attrs["data-outcome"], attrs["data-rule"]))

    def handle_endtag(self, tag):
        while self.stack and self.stack.pop()[0] != tag:
            pass

    def handle_data(self, data):
        if self.stack and self.stack[-1][0] == "title":
            self.title += data
        if self.counting:
            self.counts.append(data)
            self.counting = False


def shown(browse, fragment=""):
    return Shown(browse("report.html", "--dump-dom", fragment=fragment))


def test_without_a_filter_everything_is_there(browse):
    found = shown(browse)
    assert len(found.files) == len(FILES)
    assert {outcome for outcome, _ in found.places} == {"converted", "left", "failed"}


@pytest.mark.parametrize(
    ("fragment", "files", "places"),
    [
        ("#outcome=left", {"left.py", "sub/left.py", "<img"}, {("left", "adam"), ("left", "sgd")}),
        ("#outcome=failed", {"broken.py"}, {("failed", "")}),
        ("#rule=sgd", {"sub/left.py"}, {("left", "sgd")}),
        ("#outcome=left&file=SUB/", {"sub/left.py"}, {("left", "sgd")}),
        ("#q=Needle", {"left.py"}, {("left", "adam")}),
        ("#code=TMO302&rule=adam", {"left.py", "<img"}, {("left", "adam")}),
        ("#q=nowhere+at+all", set(), set()),
        ("#outcome=nonsense", None, None),
    ],
)
def test_a_filter_stands_in_the_address(browse, fragment, files, places):
    found = shown(browse, fragment)
    if files is None:
        assert len(found.files) == len(FILES), "what no filter knows is no filter"
        return
    assert {name.split(" ")[0] for name in found.files} == files
    assert set(found.places) == places
    assert set(found.open) == set(found.files), "few files are opened"
    if "outcome=left" in fragment:
        assert found.counts == [f"({len(files)})" if len(files) == 3 else f"({len(files)} of 3)"]


def test_a_link_to_a_place_opens_its_file(browse, folder):
    text = (folder / "report.html").read_text(encoding="utf-8")
    closed = folder / "closed.html"
    closed.write_text(text.replace(" open>", ">"), encoding="utf-8")
    number = re.search(r'id="(f\d+)" data-path="sub/left.py"', text)[1]
    assert Shown(browse("closed.html", "--dump-dom")).open == []
    assert Shown(browse("closed.html", "--dump-dom", fragment=f"#{number}-1")).open == ["sub/left.py"]


def test_nothing_of_a_file_runs(browse):
    found = shown(browse)
    assert found.title == "tf2ms-opt: migration report"
    assert found.tags.count("script") == 1
    assert "img" not in found.tags


def test_what_would_get_through_is_not_run(browse, folder):
    """The second wall: were something not escaped, the policy would keep the browser from running it."""
    text = (folder / "report.html").read_text(encoding="utf-8")
    (folder / "broken.html").write_text(text.replace("<main>", f"<main>{HOSTILE}"), encoding="utf-8")
    found = Shown(browse("broken.html", "--dump-dom"))
    assert found.tags.count("script") == 2
    assert "img" in found.tags
    assert found.title == "tf2ms-opt: migration report"


@pytest.mark.parametrize("width", [375, 768, 1600])
def test_it_fits_into_a_window_of_any_width(browse, folder, width):
    inner = html.escape((folder / "report.html").read_text(encoding="utf-8"))
    (folder / "frame.html").write_text(
        f'<meta charset="utf-8"><title></title><iframe width={width} height=3000 srcdoc="{inner}"></iframe><script>'
        "const frame = document.querySelector('iframe');"
        "onload = () => { document.title = frame.contentDocument.documentElement.scrollWidth }"
        "</script>",
        encoding="utf-8",
    )
    assert int(Shown(browse("frame.html", "--dump-dom")).title.strip()) <= width


@pytest.mark.parametrize(
    ("switch", "ground"), [("preferredColorScheme=1", (255, 255, 255)), ("preferredColorScheme=0", (20, 23, 27))]
)
def test_it_takes_the_readers_colours(browse, tmp_path, switch, ground):
    picture = tmp_path / "page.png"
    browse("report.html", f"--blink-settings={switch}", "--window-size=900,700", f"--screenshot={picture}")
    with Image.open(picture) as drawn:
        assert drawn.convert("RGB").getpixel((5, 5)) == ground


def test_what_is_folded_goes_onto_paper_too(browse, folder, tmp_path):
    text = (folder / "report.html").read_text(encoding="utf-8")
    (folder / "folded.html").write_text(text.replace(" open>", ">"), encoding="utf-8")
    pages = []
    for name in ("report", "folded"):
        browse(f"{name}.html", f"--print-to-pdf={tmp_path / name}.pdf")
        pages.append(len(re.findall(rb"/Type ?/Page\b", (tmp_path / f"{name}.pdf").read_bytes())))
    assert pages[0] == pages[1] > 1
