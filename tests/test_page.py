"""``report``: what the page says, that it says it the same every time, and that nothing of a file gets out of hand."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from click.testing import CliRunner

from tf2ms_opt import report as package
from tf2ms_opt.cli import main
from tf2ms_opt.diagnostics import Finding, Severity
from tf2ms_opt.engine import convert_source
from tf2ms_opt.outcomes import FileStatus, Outcome, Site, SiteOutcome, summarize
from tf2ms_opt.report.curves import measurement
from tf2ms_opt.report.entries import Need, entry
from tf2ms_opt.report.hunks import around, hunks
from tf2ms_opt.report.page import Run, code, page, prose
from tf2ms_opt.report.statistics import Tally

HEAD = "import tensorflow as tf\n"
LEFT = f"{HEAD}opt = tf.keras.optimizers.Adam(**options)\n"
CONVERTED = """\
import tensorflow as tf

model = tf.keras.Sequential([tf.keras.layers.Dense(1)])
opt = tf.keras.optimizers.RMSprop(learning_rate=1e-3)
model.compile(optimizer=opt, loss="mse")
"""
REVIEW = CONVERTED.replace("compile(", "build()\nmodel.save('x')\nmodel.compile(")
BROKEN = f"{HEAD}opt = tf.keras.optimizers.RMSprop(\n"
#: what a browser, a terminal or a template would take for more than text
HOSTILE = "</script><script>document.title='x'</script><img src=x onerror=alert(1)>{{ 7*7 }}{% raw %}[red]\"'&<!--"
BIDI = "\u202e\u2066\x1b[31m\x00\x7f\u200b"


class Elements(HTMLParser):
    """The elements of a page: their names and attributes, in order, and all text."""

    def __init__(self, text):
        super().__init__()
        self.found = []
        self.texts = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.texts.append(data)

    def named(self, name):
        return [attrs for tag, attrs in self.found if tag == name]

    def of_class(self, name):
        return [attrs for _, attrs in self.found if name in (attrs.get("class") or "").split()]


@pytest.fixture
def project(tmp_path, monkeypatch):
    (tmp_path / "pyproject.toml").write_text("[project]\ndependencies = ['tensorflow>=2.16']\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(folder, **files):
    for name, text in files.items():
        (folder / f"{name}.py").write_text(text)


def run(*arguments):
    return CliRunner().invoke(main, ["report", *arguments], prog_name="tf2ms-opt")


def made(outcomes, rules):
    """The page of these outcomes."""
    tally = Tally()
    for outcome in outcomes:
        tally.take(outcome)
    entries = [entry(outcome, number, rules.rules) for number, outcome in enumerate(outcomes, 1)]
    return page(Run(summarize(outcomes), 0, (("--params", HOSTILE),), tally, entries, ()))


# ---------------------------------------------------------------- the command


def test_the_page_is_written_and_nothing_else(project):
    write(project, a=CONVERTED, b=LEFT, c="import torch\n")
    before = {file.name: file.read_bytes() for file in project.iterdir()}
    ran = run(".", "-o", "sub/report.html")
    assert (ran.exit_code, ran.stdout) == (0, ""), "what is left is what a report is for"
    assert ran.stderr == (
        "3 files: 1 would be converted, 2 unchanged; 1 needs a hand\n"
        "2 sites: 1 converted, 0 to review, 1 left\nsub/report.html: written\n"
    )
    first = (project / "sub" / "report.html").read_bytes()
    assert {file.name: file.read_bytes() for file in project.iterdir() if file.is_file()} == before
    assert run(".", "-o", "sub/report.html").exit_code == 0
    assert (project / "sub" / "report.html").read_bytes() == first, "the same run gives the same page"
    assert run(".", "-o", "-").stdout_bytes == first


def test_a_file_that_failed_is_named_and_the_page_is_written(project):
    write(project, a=CONVERTED, b=BROKEN)
    ran = run(".", "-o", "report.html")
    assert ran.exit_code == 2
    assert "b.py: failed" in ran.stderr
    text = (project / "report.html").read_text(encoding="utf-8")
    assert "Could not be processed" in text
    assert "&#39;(&#39; was never closed" in text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((".",), "Missing option '-o'"),
        ((".", "-o", "a.py"), "--output: a.py is not called .html; the report is an HTML page"),
        (("-", "-o", "x.html"), "- (standard input) has none"),
        (("", "-o", "x.html"), "an empty PATH"),
        ((".", "-o", "a.py/x.html"), "--output: a.py/x.html cannot be written: "),
        ((".", "-o", "x.html", "--tf-version", "2"), "--tf-version: '2' is not a version number"),
        ((".", "-o", "x.html", "--rules", "nowhere"), "nowhere: No such file or directory"),
    ],
)
def test_wrong_usage_is_refused(project, arguments, message):
    write(project, a=CONVERTED)
    ran = run(*arguments)
    assert (ran.exit_code, ran.stdout) == (2, "")
    assert message in " ".join(ran.stderr.split())
    assert (project / "a.py").read_text() == CONVERTED
    assert not list(project.glob("*.html"))


def test_what_the_configuration_says_for_the_other_commands_is_no_obstacle(project):
    write(project, a=CONVERTED, b=LEFT)
    (project / "pyproject.toml").write_text(
        "[tool.tf2ms-opt]\ndiff = true\nformat = 'json'\noutput-dir = 'out'\nbaseline = 'no.json'\nfidelity = 'exact'\n"
    )
    assert run(".", "-o", "report.html").exit_code == 0
    assert not (project / "out").exists()
    assert "--fidelity exact" in (project / "report.html").read_text(encoding="utf-8")


# ---------------------------------------------------------------- what it says


def test_files_stand_by_what_they_need_and_plain_ones_are_counted(project):
    write(project, a=CONVERTED, b=LEFT, c=BROKEN, d="x = 1\n", e="y = 1\n", f=REVIEW)
    assert run(".", "-o", "report.html").exit_code == 2
    text = (project / "report.html").read_text(encoding="utf-8")
    order = ["Could not be processed", "c.py", "Need a hand", "b.py", "To review", "f.py", "nothing to judge", "a.py"]
    places = [text.index(f">{one}<" if one.endswith(".py") else one) for one in order]
    assert places == sorted(places)
    assert "2 files have nothing to convert and nothing to say, and are not listed." in text
    shares = [attrs for attrs in Elements(text).named("rect") if "%" in attrs["x"]]
    assert [attrs["class"] for attrs in shares] == ["converted", "review", "left"]
    assert sum(float(attrs["width"].rstrip("%")) for attrs in shares) == pytest.approx(100, abs=0.01)


def test_an_empty_run_is_a_page(project):
    assert run(".", "-o", "report.html").exit_code == 0
    assert "No Python file was found." in (project / "report.html").read_text(encoding="utf-8")


def test_a_site_has_its_change_its_findings_and_its_measurement(project, rules):
    write(project, a=CONVERTED)
    run(".", "-o", "report.html")
    text = (project / "report.html").read_text(encoding="utf-8")
    assert '<tr class="gone"><td>4</td><td>opt = tf.keras.optimizers.RMSprop(learning_rate=1e-3)</td></tr>' in text
    assert '<tr class="new"><td>6</td><td>opt = nn.RMSProp(model.trainable_params(), learning_rate=1e-3, ' in text
    (measured,) = {attrs["href"] for attrs in Elements(text).named("use")}
    key = measured.removeprefix("#c-")
    rule, _, number = key.rpartition("-")
    row = rules.rules[rule].evidence.row[int(number)]
    assert (row.generation, row.fidelity, row.target) == ("keras3", "stock", "mindspore.nn.RMSProp")
    assert f'id="m-{key}"' in text
    assert f'as converted <b class="k-emitted">{row.largest:.2g}</b>' in text
    for scale, deviation in row.deviation.items():
        assert re.search(rf"<tr><th scope=\"row\">{scale}</th>.*>{deviation:.2g}</td></tr>", text)


def test_every_link_inside_of_the_page_leads_somewhere(project):
    write(project, a=CONVERTED, b=LEFT, c=BROKEN, f=REVIEW)
    run(".", "-o", "report.html")
    found = Elements((project / "report.html").read_text(encoding="utf-8"))
    ids = [attrs["id"] for _, attrs in found.found if "id" in attrs]
    assert len(ids) == len(set(ids))
    links = {attrs["href"] for _, attrs in found.found if "href" in attrs}
    assert all(link.startswith("#") for link in links), "the page needs no network"
    assert {link[1:] for link in links if "=" not in link} - set(ids) == set()


def test_the_change_is_cut_to_what_can_be_read():
    before = "".join(f"line {number}\n" for number in range(500)).encode()
    (one,) = hunks(before, before.replace(b"line", b"LINE"))
    assert (len(one.lines), one.more, one.first, one.last) == (60, 940, 1, 500)
    (long,) = hunks(b"a" * 5000, b"b" * 5000)
    assert {len(line.text) for line in long.lines} == {302}


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_lines_are_those_that_places_count(newline):
    data = newline.join(["a", "b\x0cc", "d", "e"]).encode()
    (one,) = hunks(data, data.replace(b"d", b"D"))
    assert [(line.kind, line.number, line.text) for line in one.lines] == [
        ("same", 1, "a"), ("same", 2, "b\x0cc"), ("gone", 3, "d"), ("new", 3, "D"), ("same", 4, "e")
    ]  # fmt: skip
    assert [(line.kind, line.number) for line in around(data, 1)] == [("here", 1), *(("same", n) for n in (2, 3, 4))]
    assert around(b"\xff\xfe", 1) == ()


def test_one_change_is_shown_once_and_at_the_site(rules):
    sites = [Site(line, 1, "x", "y", None, SiteOutcome.CONVERTED, None, ()) for line in (2, 3)]
    note = Finding("TMO112", "step-converted", Severity.INFO, 1, 1, "m", "")
    outcome = Outcome("a.py", FileStatus.CONVERTED, b"a\nb\nc\n", b"a\nB\nC\n", tuple(sites), (note,))
    found = entry(outcome, 7, rules.rules)
    assert [(item.key, item.hunk is not None, item.shown_by) for item in found.items] == [
        ("f7-1", False, "f7-2"), ("f7-2", True, None), ("f7-3", False, "f7-2")
    ]  # fmt: skip
    assert (found.need, found.rest) == (Need.CONVERTED, ())


def test_a_site_without_a_claim_has_no_measurement(rules):
    site = Site(1, 1, "x", "y", "rmsprop", SiteOutcome.CONVERTED, None, ())
    assert measurement(site, rules.rules["rmsprop"]) is None


def test_the_rows_of_a_site_are_those_of_its_claim(rules):
    """Over all cases of the optimizers: a site has rows where TMO111 stands at its place, and nowhere else."""
    seen = set()
    for file in sorted((Path(__file__).parent / "fixtures").glob("[a-z]*/*/before.py")):
        outcome = convert_source(file.read_bytes(), rules, path=file.name)
        claimed = {(one.line, one.column) for one in outcome.findings if one.code == "TMO111"}
        assert {(one.line, one.column) for one in outcome.sites if one.evidence} == claimed, file
        for site in outcome.sites:
            rows = [rules.rules[site.rule].evidence.row[place] for place in site.evidence]
            assert len({row.generation for row in rows}) <= 1
            assert {row.target.rpartition(".")[2] for row in rows} <= {(site.target or "").rpartition(".")[2]}
            seen |= {row.fidelity for row in rows}
    assert seen == {"stock"}


def test_every_row_of_evidence_can_be_drawn(rules):
    for name, rule in rules.rules.items():
        for number, row in enumerate(rule.evidence.row if rule.evidence else ()):
            site = Site(1, 1, "x", "y", name, SiteOutcome.CONVERTED, None, (), evidence=(number,))
            found = measurement(site, rule)
            assert [len(curve.points.split()) for curve in found.curves] == [len(row.curve)] * len(found.curves)
            heights = [float(point.partition(",")[2]) for curve in found.curves for point in curve.points.split()]
            assert 10 <= min(heights) <= max(heights) <= 124
            assert found.emitted == row.target
            assert len(found.curves) == 1 + (found.renamed is not None)


# ---------------------------------------------------------------- what is not ours is text


def test_nothing_of_a_file_becomes_markup(rules):
    odd = f"{HOSTILE}{BIDI}\udcff"
    sites = (Site(1, 1, odd, odd, odd, SiteOutcome.REVIEW, odd, ("TMO202",)),)
    findings = (
        Finding("TMO202", odd, Severity.REVIEW, 1, 1, odd, odd),
        Finding("TMO101", odd, Severity.INFO, 9, 1, odd, ""),
    )
    before, after = f"{HOSTILE}{BIDI}\n".encode(), f"{HOSTILE}{BIDI}+\n".encode()
    outcome = Outcome(f"{odd}.py", FileStatus.CONVERTED, before, after, sites, findings, "keras3", odd)
    failed = Outcome(
        f"{odd}2.py", FileStatus.FAILED, before, before, (), (Finding("TMO901", odd, Severity.ERROR, 1, 1, odd, odd),)
    )
    plain = Outcome(
        "a.py", FileStatus.CONVERTED, b"a\n", b"b\n", (Site(1, 1, "x", "y", "r", SiteOutcome.REVIEW, "p", ()),)
    )
    text = made([outcome, failed], rules)
    text.encode("utf-8")
    found = Elements(text)
    assert {tag for tag, _ in found.found} <= {tag for tag, _ in Elements(made([plain], rules)).found} | {
        "b", "caption", "dd", "dt", "span"
    }  # fmt: skip
    assert len(found.named("script")) == 1
    assert not any(name.startswith("on") or name == "style" for _, attrs in found.found for name in attrs)
    assert "{{ 7*7 }}" in text
    assert not {char for char in text if not char.isprintable()} - {"\n"}
    assert "\\u202e" in text
    assert not found.named("img")


def test_characters_that_do_not_print_are_shown():
    assert code("a\tb <i>") == "a\tb &lt;i&gt;"
    assert code("x\u202ey") == 'x<span class="esc">\\u202e</span>y'
    assert code("学习率 é") == "学习率 é"


def test_what_stands_in_backticks_is_code():
    assert prose("give `<b>` to `f()`") == "give <code>&lt;b&gt;</code> to <code>f()</code>"
    assert prose("a ` alone <") == "a ` alone &lt;"
    assert prose("\u202e") == "\\u202e"


def test_the_browser_is_told_to_run_our_script_alone(rules):
    text = made([], rules)
    found = Elements(text)
    (policy,) = (attrs["content"] for attrs in found.named("meta") if "http-equiv" in attrs)
    rules_of = dict(one.strip().split(" ", 1) for one in policy.split(";"))
    assert rules_of["default-src"] == "'none'"
    for kind in ("script", "style"):
        inside = re.search(rf"<{kind}>(.*?)</{kind}>", text, re.DOTALL)[1]
        digest = base64.b64encode(hashlib.sha256(inside.encode()).digest()).decode()
        assert rules_of[f"{kind}-src"] == f"'sha256-{digest}'"
    assert text.index("Content-Security-Policy") < text.index("<style") < text.index("<script")


# ---------------------------------------------------------------- colours


STYLE = (Path(package.__file__).parent / "templates" / "page.css").read_text(encoding="utf-8")


def colours(scheme):
    block = STYLE.partition("@media (prefers-color-scheme: dark)")[2 if scheme == "dark" else 0]
    found = re.findall(r"--(\w+): #(\w{6}|\w{3})\b", block)
    return {name: value if len(value) == 6 else "".join(2 * digit for digit in value) for name, value in found}


def luminance(colour):
    parts = [int(colour[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everything_can_be_read(scheme):
    """WCAG's contrast: 4.5 for text, 3 for what is drawn."""
    known = colours(scheme)
    grounds = [(text, ground) for text in ("text", "soft") for ground in ("ground", "raised", "gone", "new", "here")]
    badges = [("on", outcome) for outcome in ("converted", "review", "left", "failed", "info")]
    other = [("link", "ground"), ("renamed", "ground"), ("emitted", "ground"), ("failed", "new"), ("failed", "gone")]
    for text, ground in [*grounds, *badges, *other]:
        light, dark = sorted((luminance(known[text]), luminance(known[ground])), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5, (text, ground)
    for line in ("renamed", "emitted", "soft"):
        light, dark = sorted((luminance(known[line]), luminance(known["band"])), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 3, line
