"""Comments to this program: what suppresses, and what is written above everything that is left."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tf2ms_opt import suppressions
from tf2ms_opt.annotations import annotations_in
from tf2ms_opt.comments import comments_of
from tf2ms_opt.engine import convert_source
from tf2ms_opt.options import Options
from tf2ms_opt.outcomes import FileStatus
from tf2ms_opt.source import SourceText

LEFT = "import tensorflow as tf\nopt = tf.keras.optimizers.RMSprop(**kw)\n"
FIXTURES = Path(__file__).parent / "fixtures"
WITH_SOMETHING_LEFT = sorted(
    path.parent
    for folder in ("rmsprop", "_engine", "_step", "_comments")
    for path in (FIXTURES / folder).glob("*/report.txt")
    if "TMO3" in path.read_text(encoding="utf-8")
)


def without_annotations(data):
    source = SourceText.of(data)
    gone = {line for one in annotations_in(comments_of(source)) for line in range(one.first, one.last + 1)}
    starts = [*source.line_starts, len(source.data)]
    kept = [source.data[starts[n - 1] : starts[n]] for n in range(1, len(starts)) if n not in gone]
    return source.encode(b"".join(kept))


@pytest.mark.parametrize("case", WITH_SOMETHING_LEFT, ids=lambda case: f"{case.parent.name}/{case.name}")
def test_annotations_are_comments_and_nothing_else(case, rules):
    before = without_annotations((case / "before.py").read_bytes())
    plain = convert_source(before, rules, Options())
    told = convert_source(before, rules, Options(annotate=True))
    assert not told.failed, told.findings
    assert (told.sites, told.findings) == (plain.sites, plain.findings)
    assert without_annotations(told.after) == plain.after
    if b"\r" not in told.after:
        assert ast.dump(ast.parse(told.after)) == ast.dump(ast.parse(plain.after))
    for annotate in (True, False):  # a second run changes nothing, and without the option they stay
        again = convert_source(told.after, rules, Options(annotate=annotate))
        assert again.after == told.after


def test_a_comment_goes_above_each_left_site(rules):
    outcome = convert_source(LEFT.encode(), rules, Options(annotate=True))
    assert outcome.status is FileStatus.CONVERTED
    assert outcome.annotated
    assert outcome.after.decode().splitlines() == [
        "import tensorflow as tf",
        "# tf2ms: TMO302 left: **kw hides which arguments are passed; next: Write the arguments",
        "# tf2ms:   out by name and run again.",
        "opt = tf.keras.optimizers.RMSprop(**kw)",
    ]
    resolved = convert_source(outcome.after.replace(b"**kw", b"0.1"), rules, Options(params="net.trainable_params()"))
    assert b"TMO302" not in resolved.after
    accepted = convert_source(outcome.after.replace(b"(**kw)", b"(**kw)  # tf2ms: ignore"), rules)
    assert accepted.after.decode() == LEFT.replace("(**kw)", "(**kw)  # tf2ms: ignore")
    assert not accepted.needs_a_hand


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_every_kind_of_line_end(rules, newline):
    text = LEFT.replace("\n", newline)
    told = convert_source(text.encode(), rules, Options(annotate=True)).after.decode()
    lines = told.split(newline)
    assert [line[:19] for line in lines[1:3]] == ["# tf2ms: TMO302 lef", "# tf2ms:   out by n"]
    assert newline.join([lines[0], *lines[3:]]) == text
    ignored = text.replace("**kw)", "**kw)  # tf2ms: ignore[TMO302]").encode()
    assert convert_source(ignored, rules).sites == ()
    assert convert_source(b"# tf2ms: skip-file" + newline.encode() + text.encode(), rules).sites == ()


def test_a_suppressed_site_needs_no_hand(rules):
    assert convert_source(LEFT.encode(), rules).needs_a_hand
    for comment in ("ignore", "ignore[TMO302]", "ignore[TMO3]", "ignore[rmsprop]", "ignore[TMO301, TMO302]: known"):
        outcome = convert_source(LEFT.replace("kw)", f"kw)  # tf2ms: {comment}").encode(), rules)
        assert not outcome.needs_a_hand, comment
        assert outcome.sites == (), comment


def test_a_run_for_some_rules_does_not_judge_comments_about_others(rules):
    text = LEFT.replace("kw)", "kw)  # tf2ms: ignore[rmsprop, TMO302, sgd, sdg]").encode()
    for options, said in ((Options(), 3), (Options(select=("sgd",)), 1), (Options(ignore=("TMO1",)), 3)):
        assert len(convert_source(text, rules, options).findings) == said


@pytest.mark.parametrize("text", ["# tf2ms: skip-file\nprint 'RMSprop'", "print 'no optimizer' # tf2ms: ignore"])
def test_a_comment_is_read_in_a_file_that_does_not_parse(rules, text):
    outcome = convert_source(text.encode(), rules)
    assert (outcome.status, outcome.findings) == (FileStatus.UNCHANGED, ())


def test_comments_that_cannot_be_read_cost_the_file_and_not_the_wish(rules, monkeypatch):
    monkeypatch.setattr(suppressions, "comments_of", lambda _: comments_of(SourceText(b"(", "utf-8", bom=False)))
    outcome = convert_source(LEFT.encode() + b"# tf2ms: ignore\n", rules)
    assert outcome.failed
    assert "its comments to tf2ms-opt cannot be read" in outcome.findings[0].message


def test_files_without_a_word_to_us_are_not_tokenized(rules, monkeypatch):
    monkeypatch.setattr(suppressions, "comments_of", None)
    assert convert_source(LEFT.encode(), rules).sites


def test_a_file_that_is_skipped_loads_no_parser():
    script = (
        "import sys\nfrom tf2ms_opt.engine import convert_source\nfrom tf2ms_opt.ruleset import load\n"
        "convert_source(b'# tf2ms: skip-file', load())\n"
        "print([name for name in ('libcst', 'rich', 'tf2ms_opt.plan') if name in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
