"""How the signals of a corpus are read: by default CSV files with a `seconds` column."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from stf2m_bench.datasets.base.corpus_files import CorpusFile, corpus_file
from stf2m_bench.errors import InputError, UnknownNameError

if TYPE_CHECKING:
    import pandas as pd

Channel = tuple[NDArray[np.float64], NDArray[np.float64]]


class Signals:
    """The signals of a corpus whose files are CSV with a `seconds` column and one column a channel.

    A corpus in another form has a subclass of its own, named by its loader's `signals`. A clip's `signal` is a path, or
    `path#part` where one file holds several recordings; the file may lie in a zip file (see `corpus_file`).
    """

    def file(self, signal: str, channel: str) -> str:
        """The file that holds a channel, relative to the root."""
        return file_of(signal)

    def files(self, signal: str, channel: str) -> tuple[str, ...]:
        """All files that are read for a channel: those that are watched for changes."""
        return (self.file(signal, channel),)

    def read(self, root: Path, signal: str, channel: str) -> Channel:
        """`(seconds [n], values [n])` of a recording: rising seconds on the clock of the clips' `start` and `end`.

        Raises:
            InputError: the file is missing or of another form.
            UnknownNameError: no such channel; names those that there are.
        """
        file = corpus_file(root, self.file(signal, channel))
        table = _table(file)
        if channel not in table.columns or channel == "seconds":
            raise UnknownNameError(f"channel in {file}", channel, (str(c) for c in table.columns if c != "seconds"))
        return table["seconds"].to_numpy(np.float64), table[channel].to_numpy(np.float64)


def file_of(signal: str) -> str:
    """The path in `path#part`."""
    return signal.partition("#")[0]


@lru_cache(maxsize=4)
def _table(file: CorpusFile) -> pd.DataFrame:
    import pandas as pd

    try:
        with file.open() as content:
            table = pd.read_csv(content)
    except (ValueError, UnicodeDecodeError) as error:  # pandas' parser errors are ValueErrors
        raise InputError(f"{file} cannot be read as CSV ({error}); mend or fetch it again.") from error
    if "seconds" not in table.columns:
        found = ", ".join(map(str, table.columns))
        raise InputError(f"{file} has no column 'seconds' (it has: {found}); name its time column so.")
    for column in table.columns:
        if table[column].dtype.kind not in "iuf":
            raise InputError(f"{file}, column '{column}': not all values are numbers; mend or remove the column.")
    seconds = table["seconds"].to_numpy(np.float64)
    if not len(seconds) or not np.all(np.diff(seconds) > 0):
        raise InputError(f"{file}: the column 'seconds' must hold rising times, at least one; sort or mend it.")
    return table
