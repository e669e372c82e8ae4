"""What a result may be called: no evaluation passes for another model, or takes the place of its result, in silence."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from stf2m_bench.errors import InputError, UsageError
from stf2m_bench.models import ROOM
from stf2m_bench.scoring.result import file_stem, read_result

LONGEST = 100


def require_free_name(name: str, folder: Path, *, source: str, key: str = "", seeds: Sequence[int] = ()) -> None:
    """Refuse a name that is a built-in model's, a probe's or a seed's, or that another source's result has in `folder`.

    The same source evaluated again replaces its result. Names are compared as file names, whatever their case.

    Args:
        folder: of the task's results. source: of the model, as its result states it.
        key: what a built-in model is called. seeds: of training, as the result states them.

    Raises:
        UsageError: says whose name it is.
    """
    stem = file_stem(name).casefold()
    if len(name) > LONGEST:
        raise UsageError(
            f"The name '{name[:20]}...' has {len(name)} characters, more than {LONGEST}; give a shorter one."
        )
    if stem.startswith("probe."):
        raise UsageError(f"'{name}' is the name of a shortcut probe; give another --name.")
    if re.search(r"\.seed-\d+$", stem):
        raise UsageError(f"'{name}' ends like the file of a training seed; give another --name.")
    if stem in {file_stem(known).casefold() for known in ROOM.keys()} and (source, key) != ("built-in", name):
        raise UsageError(f"'{name}' is the name of a built-in model, which this is not; give another --name.")
    path = folder / f"{file_stem(name, seeds)}.json"
    with suppress(InputError):  # no result, or a broken one: nothing to keep
        held = read_result(path).model
        if (held.name, held.source) != (name, source):
            raise UsageError(f"{path} is the result of '{held.name}' ({held.source}); give another --name.")
