"""Body signals whose excerpts may lie beside the repository, and tables of what was counted in them."""

from __future__ import annotations

CORPORA = {
    "stress_predict": "Stress-Predict",
    "smartwatch_walk": "SmartwatchWalk",
    "wesad_features": "WESAD-features",
    "eevr": "EEVR",
    "ceap_360vr": "CEAP-360VR",
}


def rows(table: str) -> dict[str, list[int]]:
    return {person: list(map(int, numbers)) for person, *numbers in map(str.split, table.strip().splitlines())}
