"""CREMA-D: on its own clips and tables where they lie beside the repository, else on files of its layout."""

from __future__ import annotations

import csv
import gzip
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from stf2m_bench.datasets.base.checks import check_dataset
from stf2m_bench.datasets.base.loader import Clip
from stf2m_bench.datasets.base.manifest import Manifest, build_manifest
from stf2m_bench.datasets.crema_d import CREMAD, read_votes
from stf2m_bench.errors import InputError
from stf2m_bench.tasks.make import make_clip_list
from stf2m_bench.tasks.votes import Rated

EMOTIONS = {"A": "anger", "D": "disgust", "F": "fear", "H": "happiness", "N": "neutral", "S": "sadness"}
SUMMARY = {"voice": "VoiceVote", "face": "FaceVote", "both": "MultiModalVote"}
HEADER = '"","A","D","F","H","N","S","fileName","numResponses","agreement","emoVote","meanEmoResp","meanAngerResp"'


@pytest.fixture(scope="module")
def root(lying_beside: Callable[[str], Path]) -> Path:
    return lying_beside("CREMA-D")


def lay_out(root: Path, *paths: str) -> Path:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(b"media")
    return root


def scan(root: Path) -> dict[str, Clip]:
    return {clip.clip_id: clip for clip in CREMAD().scan(root)}


def test_the_real_folder_passes_every_check(root: Path) -> None:
    assert [check for check in check_dataset("crema_d", root) if check.passed is False] == []


def test_the_real_clips_are_two_actors_in_six_emotions(root: Path) -> None:
    table = build_manifest("crema_d", root).table
    assert Counter(zip(table["subject"], table["emotion"], strict=True)) == {
        (actor, emotion): 1 for actor in ("1001", "1002") for emotion in EMOTIONS.values()
    }
    assert set(zip(table["subject"], table["group.sex"], table["group.age"], strict=True)) == {
        ("1001", "male", "45-59"), ("1002", "female", "under 30"),
    }  # fmt: skip
    assert {column for column in table if column.startswith("group.")} == {"group.sex", "group.age"}
    pictures = table[table["subject"] == "1001"]
    assert set(pictures["audio"]) == {None}
    assert all(path.endswith(".flv") for path in pictures["video"])


def test_the_real_votes_count_raters_of_each_clip_in_three_conditions(root: Path) -> None:
    votes = read_votes(root)
    assert len(votes) == 7442
    assert {len(counts) for counts in votes.values()} == {18}
    assert votes["1001_IEO_NEU_XX"]["voice.neutral"] == 10
    assert votes["1001_IEO_NEU_XX"]["voice.happiness"] == 1
    totals = [
        sum(counts[f"{condition}.{e}"] for e in EMOTIONS.values()) for counts in votes.values() for condition in SUMMARY
    ]
    assert (min(totals), max(totals), round(sum(totals) / len(totals), 1)) == (4, 12, 9.5)


def test_the_most_voted_emotions_are_those_of_the_corpus_own_summary_ties_too(root: Path) -> None:
    votes, ties = read_votes(root), Counter[str]()
    with (root / "processedResults/summaryTable.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            for condition, column in SUMMARY.items():
                counts = {letter: votes[row["FileName"]][f"{condition}.{e}"] for letter, e in EMOTIONS.items()}
                winners = [letter for letter, n in counts.items() if n == max(counts.values())]
                assert row[column] == ":".join(winners)
                ties[condition] += len(winners) > 1
    assert ties == {"voice": 644, "face": 470, "both": 420}


def test_a_tie_stays_in_the_votes_and_the_emotion_is_what_the_actor_was_asked_for(root: Path, tmp_path: Path) -> None:
    (tmp_path / "processedResults").symlink_to(root / "processedResults")
    (clip,) = scan(lay_out(tmp_path, "VideoFlash/1001_IEO_ANG_MD.flv")).values()
    assert (
        clip.votes["voice.anger"]
        == clip.votes["voice.disgust"]
        == max(clip.votes[f"voice.{e}"] for e in EMOTIONS.values())
    )
    assert (clip.emotion, clip.label, clip.intensity) == ("anger", "ANG", 2.0)


def test_nobody_chose_is_a_vote_of_nought_not_of_minus_one(tmp_path: Path) -> None:
    lay_out(tmp_path, "AudioWAV/1001_IEO_NEU_XX.wav", "processedResults/tabulatedVotes.csv")
    row = '"100001",0,0,0,1,10,0,"1001_IEO_NEU_XX",11,0.909090909090909,"N",71.7272727272727,-1'
    (tmp_path / "processedResults/tabulatedVotes.csv").write_text(f"{HEADER}\n{row}\n")
    (clip,) = scan(tmp_path).values()
    assert clip.votes == {f"voice.{e}": {"neutral": 10, "happiness": 1}.get(e, 0) for e in EMOTIONS.values()}


def test_picture_and_sound_of_one_take_are_one_clip_and_wav_comes_before_mp3(tmp_path: Path) -> None:
    name = "1001_DFA_ANG_XX"
    (clip,) = scan(lay_out(tmp_path, f"VideoFlash/{name}.flv", f"AudioMP3/{name}.mp3", f"AudioWAV/{name}.wav")).values()
    assert (clip.video, clip.audio) == (f"VideoFlash/{name}.flv", f"AudioWAV/{name}.wav")
    assert (clip.stimulus, clip.recording, clip.votes, clip.groups) == ("DFA", name, {}, {})


def test_levels_are_numbers_and_an_untold_level_is_none(tmp_path: Path) -> None:
    names = ("IEO_HAP_LO", "IEO_HAP_MD", "IEO_HAP_HI", "DFA_HAP_XX")
    clips = scan(lay_out(tmp_path, *(f"AudioWAV/1079_{name}.wav" for name in names)))
    assert [clips[f"1079_{name}"].intensity for name in names] == [1.0, 2.0, 3.0, None]


def test_a_name_that_ends_in_one_x_is_the_clip_that_the_votes_call_by_two(tmp_path: Path) -> None:
    lay_out(tmp_path, "AudioWAV/1040_ITH_SAD_X.wav", "VideoFlash/1040_ITH_SAD_XX.flv")
    (clip,) = scan(tmp_path).values()
    assert (clip.clip_id, clip.audio) == ("1040_ITH_SAD_XX", "AudioWAV/1040_ITH_SAD_X.wav")
    assert clip.video == "VideoFlash/1040_ITH_SAD_XX.flv"


def test_spoilt_takes_are_left_out(tmp_path: Path) -> None:
    spoilt = ("1076_MTI_SAD_XX", "1076_MTI_NEU_XX", "1064_TIE_SAD_XX", "1064_IEO_DIS_MD")
    lay_out(tmp_path, *(f"AudioWAV/{name}.wav" for name in (*spoilt, "1076_MTI_ANG_XX")))
    assert scan(tmp_path).keys() == {"1076_MTI_ANG_XX"}


def test_a_table_of_votes_that_git_lfs_did_not_fetch_is_refused(tmp_path: Path) -> None:
    lay_out(tmp_path, "AudioWAV/1001_DFA_ANG_XX.wav", "processedResults/tabulatedVotes.csv")
    (tmp_path / "processedResults/tabulatedVotes.csv").write_text("version https://git-lfs.github.com/spec/v1\n")
    with pytest.raises(InputError, match=r"tabulatedVotes\.csv is not the table with the columns .*git lfs pull"):
        scan(tmp_path)


# ---- tasks by votes ----


@pytest.fixture(scope="module")
def every_clip(root: Path) -> Manifest:
    """Every clip that the table of votes names, without media."""
    rows = [
        {"clip_id": clip, "subject": clip[:4], "recording": clip, "stimulus": clip[5:8], "emotion": EMOTIONS[clip[9]]}
        | {f"votes.{name}": count for name, count in votes.items()}
        for clip, votes in sorted(read_votes(root).items())
    ]
    return Manifest("crema_d", root, CREMAD.card, pd.DataFrame(rows), {}, "")


def counted(root: Path) -> dict[str, dict[str, list[int]]]:
    """Condition -> clip -> its six counts, read from the table by place."""
    found: dict[str, dict[str, list[int]]] = {"voice": {}, "face": {}, "both": {}}
    with gzip.open(root / "processedResults/tabulatedVotes.csv.gz", "rt", encoding="utf-8") as file:
        for row in list(csv.reader(file))[1:]:
            condition = list(found)[int(row[0][0]) - 1]
            found[condition][row[7]] = [int(count) for count in row[1:7]]
    return found


def test_minus_one_is_an_intensity_of_what_nobody_chose_and_never_a_count(root: Path) -> None:
    with gzip.open(root / "processedResults/tabulatedVotes.csv.gz", "rt", encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    assert header[:9] == ["", "A", "D", "F", "H", "N", "S", "fileName", "numResponses"]
    intensity = header.index("meanAngerResp")
    assert {row[1] for row in rows if row[intensity] == "-1"} == {"0"}
    assert all(sum(map(int, row[1:7])) == int(row[8]) for row in rows)
    assert {"-1" in row[1:7] for row in rows} == {False}


def test_the_three_conditions_are_the_first_digit_of_a_row_and_all_have_every_clip(root: Path) -> None:
    votes = read_votes(root)
    for condition, clips in counted(root).items():
        assert clips.keys() == votes.keys()
        for clip, counts in clips.items():
            assert [votes[clip][f"{condition}.{emotion}"] for emotion in EMOTIONS.values()] == counts


@pytest.mark.parametrize("condition", ["voice", "face", "both"])
def test_a_task_by_a_majority_keeps_the_clips_that_the_corpus_own_summary_gives(
    root: Path, every_clip: Manifest, condition: str
) -> None:
    """Untied in the summary's column (`A:D` is a tie), the largest share in the table's column `agreement`."""
    with gzip.open(root / "processedResults/tabulatedVotes.csv.gz", "rt", encoding="utf-8") as file:
        first_digit = {"voice": "1", "face": "2", "both": "3"}[condition]
        agreement = {r["fileName"]: float(r["agreement"]) for r in csv.DictReader(file) if r[""][0] == first_digit}
    with (root / "processedResults/summaryTable.csv").open(encoding="utf-8") as file:
        winners = {row["FileName"]: row[SUMMARY[condition]] for row in csv.DictReader(file)}
    taken = {clip for clip, winner in winners.items() if ":" not in winner and agreement[clip] >= 0.5}
    clips = make_clip_list(every_clip, EMOTIONS.values(), {}, Rated(condition, 0.5))
    assert set(clips.clip_id) == taken
    assert clips.emotion == [EMOTIONS[clip.split("_")[2][0]] for clip in clips.clip_id]
    heard = make_clip_list(every_clip, EMOTIONS.values(), {}, Rated(condition, 0.5, relabelled=True))
    assert set(heard.clip_id) == taken
    assert heard.emotion == [EMOTIONS[winners[clip]] for clip in heard.clip_id]


def test_by_voice_alone_raters_agree_on_fewer_clips_than_by_both(every_clip: Manifest) -> None:
    sizes = {c: len(make_clip_list(every_clip, EMOTIONS.values(), {}, Rated(c, 0.5))) for c in SUMMARY}
    assert sizes == {"voice": 5807, "face": 6186, "both": 6461}
