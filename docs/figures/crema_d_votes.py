"""Writes the human ceiling of CREMA-D that the package keeps: python docs/figures/crema_d_votes.py FOLDER

FOLDER holds the corpus's processedResults/tabulatedVotes.csv; no media is needed.
"""

import json
import sys
from dataclasses import asdict
from pathlib import Path

from stf2m_bench.datasets.base.native_emotions import canonical_of
from stf2m_bench.datasets.base.votes import ceilings
from stf2m_bench.datasets.crema_d import read_votes

FILE = Path(__file__).parents[2] / "stf2m_bench/datasets/base/crema_d_votes.json"


def main(folder: Path) -> None:
    """Every clip of the table, whether its media lie there or not."""
    votes = read_votes(folder)
    found = ceilings((canonical_of("CREMA-D", name.split("_")[2]), counts) for name, counts in votes.items())
    rounded = {
        condition: {name: round(value, 2) for name, value in asdict(one).items()} for condition, one in found.items()
    }
    FILE.write_text(json.dumps(rounded, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
