"""The page of all datasets in docs/ is the one that the cards give."""

from __future__ import annotations

import runpy
from pathlib import Path


def test_the_page_of_datasets_is_made_of_the_cards() -> None:
    docs = Path(__file__).parents[2] / "docs"
    made = runpy.run_path(str(docs / "figures" / "datasets.py"))["page"]()
    assert (docs / "datasets.md").read_text(encoding="utf-8") == made, "run python docs/figures/datasets.py"
