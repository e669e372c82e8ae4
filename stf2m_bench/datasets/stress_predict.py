"""Stress-Predict: 35 people with a wrist band through Stroop test, interview, hyperventilation (Iqbal et al. 2022)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from xml.etree import ElementTree

from stf2m_bench.datasets.base.archives import open_member
from stf2m_bench.datasets.base.corpus_files import CorpusFile, corpus_file, corpus_files, is_there
from stf2m_bench.datasets.base.e4 import E4Signals, read_e4
from stf2m_bench.datasets.base.loader import Card, Clip, Loader
from stf2m_bench.datasets.base.named_files import refuse
from stf2m_bench.datasets.base.native_emotions import canonical_of, emotions_of
from stf2m_bench.errors import InputError

_LOG = "Processed_data/Time_logs.xlsx"
_TASKS = {  # in the order of the log's columns -> its word, the corpus's code of stress
    "baseline": ("Baseline/Questionniare", "0"),
    "stroop": ("Stroop Test", "1"),
    "rest-1": ("Relax", "0"),
    "interview": ("Interview", "1"),
    "rest-2": ("Relax", "0"),
    "hyperventilation": ("Hyperventilation", "1"),
    "rest-3": ("Relax", "0"),
}
_DAY = 86_400
_MORNING = 8 * 3_600  # nobody came before eight: earlier times are of the afternoon
_SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


class StressPredict(Loader):
    """`Raw_data/S01/EDA.csv` and the other files of an Empatica E4; seven tasks a person from `Time_logs.xlsx`.

    A clip is a task, in seconds since the start of the person's EDA. What lies before the heart rate, which starts ten
    seconds after the rest, or after the end is cut off. The log has minutes, Irish time (UTC on those days) and 12-hour
    times after noon without saying so. Stress is Stroop, interview and hyperventilation; baseline and rests are
    neutral. The corpus's own labels by the second follow button presses instead and differ from the log for about 5 %
    of the time, in S02 and S03 for 10 and 12 %. The order is the same for all but S01: time since the start alone tells
    the task.
    """

    card = Card(
        title="Stress-Predict",
        licence="MIT",
        access="github.com/italha-d/Stress-Predict-Dataset; Raw_data/S01/EDA.csv ..., Processed_data/Time_logs.xlsx",
        citation="Iqbal et al. 2022, Sensors 22(21), 8135, doi 10.3390/s22218135",
        subjects=35,
        emotions=emotions_of("Stress-Predict"),
        languages=(),
        modalities=("signal",),
        tracks=("new-subjects",),
        verified="real",
        emotion_is="induced",
        left_out="What lies between the seven tasks; of a task, what is before the heart rate begins or after the end.",
    )
    signals = E4Signals()

    def scan(self, root: Path) -> Iterable[Clip]:
        """The tasks of every person whose EDA lies there.

        Raises:
            InputError: there is no EDA, or the log is missing, unreadable or does not know a person.
        """
        files = corpus_files(root, "Raw_data/S*/EDA.csv")
        if not files:
            refuse(root, "Stress-Predict", "Raw_data/S01/EDA.csv")
        header, *rows = read_sheet(root / _LOG)
        columns, log = _columns(root / _LOG, header), {row.get("A"): row for row in rows}
        for file in files:
            person = file.name.parent.name
            if person not in log:
                raise InputError(f"{root / _LOG} has no row of {person}, whose recording is {file}; fetch it again.")
            yield from _clips(file, log[person], columns)


def _clips(file: CorpusFile, times: dict[str, str], columns: dict[str, tuple[str, str]]) -> Iterator[Clip]:
    person, (begin, seconds, _) = file.name.parent.name, read_e4(file)
    midnight, length = begin // _DAY * _DAY, float(seconds[-1])
    heart = file.name.with_name("HR.csv").as_posix()
    earliest = read_e4(corpus_file(file.root, heart))[0] - begin if is_there(file.root, heart) else 0.0
    for task, (first, last) in columns.items():
        word, code = _TASKS[task]
        start, end = (midnight + _second_of_day(times[column]) - begin for column in (first, last))
        if end <= earliest or start >= length:
            continue
        yield Clip(
            clip_id=f"{person}-{task}",
            subject=person,
            emotion=canonical_of("Stress-Predict", code),
            label=word,
            recording=person,
            stimulus=word,
            start=max(earliest, start),
            end=min(length, end),
            signal=file.path,
        )


def _second_of_day(cell: str) -> int:
    second = round(float(cell) * _DAY)
    return second if second >= _MORNING else second + _DAY // 2


def _columns(path: Path, header: dict[str, str]) -> dict[str, tuple[str, str]]:
    """Task -> the letters of its two columns: the first has the name, the one after it has none."""
    columns: dict[str, tuple[str, str]] = {}
    places = iter(header.items())
    for task, (word, _) in _TASKS.items():
        letter = next((letter for letter, cell in places if cell == word), None)
        if letter is None:
            raise InputError(f"{path} has no column '{word}' where one was expected; fetch it again.")
        columns[task] = (letter, chr(ord(letter) + 1))
    return columns


def read_sheet(path: Path) -> list[dict[str, str]]:
    """The first sheet of an Excel file, at least one row of it: letter of the column -> text of the cell, if any.

    Raises:
        InputError: the file is missing, no such file or empty.
    """
    try:
        with open_member(path, "xl/sharedStrings.xml", largest=2**24) as member:
            words = ["".join(item.itertext()) for item in ElementTree.parse(member).getroot()]
        with open_member(path, "xl/worksheets/sheet1.xml", largest=2**26) as member:
            rows = ElementTree.parse(member).getroot().iter(f"{_SHEET}row")
            sheet = [dict(filter(None, (_cell(cell, words) for cell in row))) for row in rows]
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise InputError(f"{path} cannot be read as an Excel file ({error}); fetch it again.") from error
    if not sheet:
        raise InputError(f"{path} has an empty sheet; fetch it again.")
    return sheet


def _cell(cell: ElementTree.Element, words: list[str]) -> tuple[str, str] | None:
    value = cell.findtext(f"{_SHEET}v")
    if value is None:
        return None
    letter = cell.attrib["r"].rstrip("0123456789")
    return letter, words[int(value)] if cell.get("t") == "s" else value
