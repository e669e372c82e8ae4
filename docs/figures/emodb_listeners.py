"""Writes emodb_listeners.json, what listeners reach on EmoDB: python docs/figures/emodb_listeners.py FOLDER

FOLDER holds the corpus's own erkennung.txt (percent of listeners, of every take that was tried on them) and its sound.
"""

import json
import sys
from collections import defaultdict
from pathlib import Path
from statistics import fmean

from stf2m_bench.datasets.base.side_tables import number, read_rows
from stf2m_bench.datasets.emodb import EmoDB

FILE = Path(__file__).with_suffix(".json")


def figures(folder: Path) -> dict[str, dict[str, float]]:
    """Takes -> how many, percent recognised (mean over emotions), and the least of any take."""
    rows = read_rows(folder / "erkennung.txt", ("Satz", "erkannt"), separator="\t")
    known = {row["Satz"].removesuffix(".wav"): number(row["erkannt"]) for row in rows}
    here = {clip.clip_id: known[clip.clip_id] for clip in EmoDB().scan(folder)}
    return {"tried on listeners": _summary(known), "chosen, in the folder": _summary(here)}


def _summary(recognised: dict[str, float]) -> dict[str, float]:
    by_emotion = defaultdict(list)
    for name, percent in recognised.items():
        by_emotion[name[5]].append(percent)
    uar = fmean(map(fmean, by_emotion.values()))
    return {"takes": len(recognised), "uar": round(uar, 1), "least": min(recognised.values())}


if __name__ == "__main__":
    FILE.write_text(json.dumps(figures(Path(sys.argv[1])), indent=1) + "\n", encoding="utf-8")
