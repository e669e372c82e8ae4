"""The benchmarks run from end to end on little data; their figures are not looked at."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
SPEED = BENCHMARKS / "speed.py"


def test_a_quick_run_measures_every_part_and_a_second_prepare_opens_no_media(tmp_path: Path) -> None:
    subprocess.run([sys.executable, SPEED, "--quick", "--out", tmp_path], check=True, capture_output=True)
    rows = json.loads((tmp_path / "speed.json").read_text(encoding="utf-8"))["rows"]
    readme = (tmp_path / "README.md").read_text(encoding="utf-8")
    assert all(row["what"] in readme for row in rows)
    assert [row["figure"] for row in rows if "a second `prepare` opens" in row["what"]] == [0]
    for part in ("--help", "bare decode loop", "two workers", "evaluating", "drawing"):
        assert any(part in row["what"] for row in rows)


def test_a_quick_simulation_makes_the_page_of_validity_and_its_pictures(tmp_path: Path) -> None:
    command = [sys.executable, BENCHMARKS / "validity" / "run.py", "--quick", "--out", tmp_path]
    subprocess.run(command, check=True, capture_output=True)
    found = json.loads(next(tmp_path.rglob("validity.json")).read_text(encoding="utf-8"))
    page = next(tmp_path.rglob("validity.md")).read_text(encoding="utf-8")
    assert found
    for part in ("## Coverage", "## False positives", "## Power", "## Tiers"):
        assert part in page
    assert {path.name for path in tmp_path.rglob("*.png")} == {"validity_episodes.png", "validity_coverage.png"}
