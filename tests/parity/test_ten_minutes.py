"""The last step of "Add an optimizer in ten minutes" in CONTRIBUTING.md: its rule is measured and recorded."""

from __future__ import annotations

import json

import ten_minutes


def test_the_rule_shown_is_measured_as_written(tmp_path):
    ten_minutes.copy(tmp_path)
    ten_minutes.write(tmp_path)
    commands = ten_minutes.commands("verify --rule", "record_evidence", "rule_documents")
    assert len(commands) == 3
    for command in commands:
        done = ten_minutes.run(command, tmp_path)
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr[-3000:]}"
    rows = json.loads((tmp_path / "rules" / "evidence" / "adagrad.json").read_text())["row"]
    assert {row["generation"] for row in rows} == {"keras3", "tf2.11", "legacy", "tf1"}
    assert "Not measured" not in (tmp_path / "docs" / "adagrad.md").read_text("utf-8")
    assert (tmp_path / "docs" / "adagrad.svg").exists()
