"""The documentation site without building it: its pages are there, their links resolve, the walk-through is current.

``mkdocs build --strict`` (`.ci/run`) checks links and headings once more, in the site itself.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path

import pytest
import site_pages
import walkthrough

from tf2ms_opt.diagnostics import catalogue

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"


@pytest.fixture(scope="module")
def pages(rules):
    """Every page of the site by its path: those of ``docs``, and those that are made."""
    written = {
        path: site_pages.relinked(file.read_text(encoding="utf-8"), f"docs/{path}", path)
        for file in DOCS.rglob("*.md")
        for path in [file.relative_to(DOCS).as_posix()]
    }
    made = site_pages.pages(rules)
    assert not written.keys() & made.keys()
    return {path: site_pages.with_codes(text, path) for path, text in {**written, **made}.items()}


def prose(text):
    return re.sub(r"^```.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE)


def test_every_rule_and_every_finding_has_a_page(pages, rules):
    assert {f"{name}.md" for name in rules.rules} <= pages.keys()
    for name, entry in catalogue().items():
        page = pages[site_pages.finding_page(entry)]
        for text in (name, entry.title, entry.explanation, entry.next_step, *entry.messages.values()):
            assert text in page


def test_every_measured_rule_shows_its_picture(rules):
    for rule in rules.rules.values():
        if rule.evidence is not None:
            assert f"(./{rule.name}.svg)" in (DOCS / f"{rule.name}.md").read_text(encoding="utf-8")
            assert (DOCS / f"{rule.name}.svg").exists()


def test_findings_have_examples():
    """All but those of notebooks, of several files of a run, and of files that fail."""
    assert len(site_pages.examples()) > 0.8 * len(catalogue())
    for code, example in site_pages.examples().items():
        assert all(f" {code} " in line for line in example.said)
        assert example.said


def test_links_between_pages_resolve(pages):
    broken = []
    for path, text in pages.items():
        for target in re.findall(r"\]\(([^)\s#]+)", prose(text)):
            to = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
            known = to in pages or to in site_pages.PLAIN_FILES.values() or (DOCS / to).exists()
            if "://" not in target and not known:
                broken.append(f"{path}: {target}")
    assert broken == []


def test_codes_lead_to_their_findings(pages):
    assert "[`TMO217`](findings/TMO217.md)" in pages["walkthrough.md"]
    assert "`TMO102`](" not in pages["findings/TMO102.md"]


def test_the_navigation_has_every_page(pages):
    navigation = (ROOT / "mkdocs.yml").read_text(encoding="utf-8").partition("\nnav:")[2].partition("\ntheme:")[0]
    named = set(re.findall(r"[\w/]+\.md", navigation))
    assert named <= pages.keys()
    made = {path for path in pages if path.startswith("findings/TMO") or (DOCS / path).with_suffix(".svg").exists()}
    assert pages.keys() - made == named


def test_the_site_needs_no_network():
    """Pictures, fonts, styles and scripts are its own."""
    assert re.search(r"^  font: false$", (ROOT / "mkdocs.yml").read_text(encoding="utf-8"), re.MULTILINE)
    assert "http" not in (DOCS / "site.css").read_text(encoding="utf-8")
    for file in DOCS.rglob("*.md"):
        assert not re.search(r"!\[[^\]]*\]\(https?:", file.read_text(encoding="utf-8")), file


@pytest.mark.parametrize("name", sorted(file.name for file in walkthrough.BEFORE.glob("*.py")))
def test_the_finished_walkthrough_is_what_is_converted_and_done_by_hand(name, finished, request):
    file = walkthrough.AFTER / name
    if request.config.getoption("--update-fixtures"):
        file.write_text(finished[name], encoding="utf-8", newline="\n")
    assert file.read_text(encoding="utf-8") == finished[name]


@pytest.fixture(scope="module")
def finished():
    return walkthrough.finished(walkthrough.converted())


def test_the_finished_walkthrough_has_no_tensorflow(finished):
    assert [
        name for name, text in finished.items() if re.search(r"^(import|from) (tensorflow|keras)", text, re.MULTILINE)
    ] == []
    assert set(finished) - {file.name for file in walkthrough.AFTER.glob("*.py")} == {walkthrough.RUNTIME}


def test_files_that_need_nothing_stay_as_they_are(finished):
    for name in ("config.py", "data.py", "weights.py"):
        assert finished[name] == (walkthrough.BEFORE / name).read_text(encoding="utf-8")
