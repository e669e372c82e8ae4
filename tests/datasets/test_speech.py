"""Corpora of acted speech, on names and side tables of their layout."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from stf2m_bench.datasets.base.loader import Clip
from stf2m_bench.datasets.base.manifest import build_manifest, load_loader
from stf2m_bench.datasets.base.people import age_group, sex_group
from stf2m_bench.datasets.base.side_tables import read_rows
from stf2m_bench.errors import InputError
from stf2m_bench.views.base.extractor import make_extractor
from stf2m_bench.views.base.media import ClipMedia

# names as distributed: key -> path -> what must be read from it (clip id, subject, emotion, stimulus)
NAMES = {
    "emodb": {
        "wav/03a01Wa.wav": ("03a01Wa", "03", "anger", "a01"),
        "wav/16a04Nc.wav": ("16a04Nc", "16", "neutral", "a04"),
        "wav/14a01Aa.wav": ("14a01Aa", "14", "fear", "a01"),
        "wav/10a04Nb.wav": ("10a04Nb", "10", "neutral", "a04"),
        "wav_corpus/15b02Lb.wav": ("15b02Lb", "15", "boredom", "b02"),
    },
    "shemo": {
        "female/F01A01.wav": ("F01A01", "F01", "anger", None),
        "female/F08W01.wav": ("F08W01", "F08", "surprise", None),
        "female/F07S45.wav": ("F07S45", "F07", "sadness", None),
        "male/M36S02.wav": ("M36S02", "M36", "sadness", None),
        "male/M25A31.wav": ("M25A31", "M25", "anger", None),
    },
    "urdu": {
        "Angry/SM1_F10_A010.wav": ("SM1_F10_A010", "SM1", "anger", None),
        "Angry/SM1_F1_A01.wav": ("SM1_F1_A01", "SM1", "anger", None),
        "Neutral/SM5_F47_N075.wav": ("SM5_F47_N075", "SM5", "neutral", None),
        "Sad/SM25_F16_S066.wav": ("SM25_F16_S066", "SM25", "sadness", None),
        "Happy/SF1_F10_H010.wav": ("SF1_F10_H010", "SF1", "happiness", None),
    },
    "crema_d": {
        "AudioWAV/1001_IEO_NEU_XX.wav": ("1001_IEO_NEU_XX", "1001", "neutral", "IEO"),
        "AudioWAV/1001_IEO_HAP_LO.wav": ("1001_IEO_HAP_LO", "1001", "happiness", "IEO"),
        "AudioMP3/1053_IOM_FEA_XX.mp3": ("1053_IOM_FEA_XX", "1053", "fear", "IOM"),
        "VideoFlash/1079_IEO_ANG_MD.flv": ("1079_IEO_ANG_MD", "1079", "anger", "IEO"),
        "VideoFlash/1091_TIE_NEU_XX.flv": ("1091_TIE_NEU_XX", "1091", "neutral", "TIE"),
    },
    "tess": {
        "OAF_lid_fear.wav": ("OAF_lid_fear", "OAF", "fear", "lid"),
        "YAF_chain_happy.wav": ("YAF_chain_happy", "YAF", "happiness", "chain"),
        "OAF_bite_neutral.wav": ("OAF_bite_neutral", "OAF", "neutral", "bite"),
        "OAF_burn_disgust.wav": ("OAF_burn_disgust", "OAF", "disgust", "burn"),
        "YAF_rose_sad.wav": ("YAF_rose_sad", "YAF", "sadness", "rose"),
    },
    "savee": {
        "ALL/JK_sa09.wav": ("JK_sa09", "JK", "sadness", "sa 9"),
        "ALL/JE_n01.wav": ("JE_n01", "JE", "neutral", "n 1"),
        "AudioData/KL/su15.wav": ("KL_su15", "KL", "surprise", "su 15"),
        "AudioData/KL/d08.wav": ("KL_d08", "KL", "disgust", "d 8"),
        "AudioVisualClip/DC/a1.avi": ("DC_a01", "DC", "anger", "a 1"),
    },
    "esd": {
        "0017/Neutral/0017_000071.wav": ("0017_000071", "0017", "neutral", "en 71"),
        "0017/Happy/0017_000891.wav": ("0017_000891", "0017", "happiness", "en 191"),
        "0013/Sad/0013_001273.wav": ("0013_001273", "0013", "sadness", "en 223"),
        "0008/Surprise/0008_001533.wav": ("0008_001533", "0008", "surprise", "zh 133"),
        "0010/Angry/train/0010_000593.wav": ("0010_000593", "0010", "anger", "zh 243"),
    },
    "nemo": {
        "samples/EB0_anger_1.wav": ("EB0_anger_1", "EB0", "anger", "sentence 1"),
        "samples/WR0_surprised_64.wav": ("WR0_surprised_64", "WR0", "surprise", "sentence 64"),
        "samples/KS0_fear_38.wav": ("KS0_fear_38", "KS0", "fear", "sentence 38"),
        "samples/MP0_happiness_9.wav": ("MP0_happiness_9", "MP0", "happiness", "sentence 9"),
        "samples/KD0_happiness_90.wav": ("KD0_happiness_90", "KD0", "happiness", "sentence 90"),
    },
    "mead": {
        "W011/audio/disgusted/level_1/029.m4a": ("W011_disgusted_1_029", "W011", "disgust", "disgusted 029"),
        "W035/audio/fear/level_1/023.m4a": ("W035_fear_1_023", "W035", "fear", "fear 023"),
        "M012/audio/contempt/level_1/008.m4a": ("M012_contempt_1_008", "M012", "contempt", "contempt 008"),
        "M037/audio/sad/level_3/005.m4a": ("M037_sad_3_005", "M037", "sadness", "sad 005"),
        "W019/audio/neutral/level_1/020.m4a": ("W019_neutral_1_020", "W019", "neutral", "neutral 020"),
    },
}


def lay_out(root: Path, *paths: str) -> Path:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(b"media")
    return root


def scan(key: str, root: Path) -> dict[str, Clip]:
    return {clip.clip_id: clip for clip in load_loader(key).scan(root)}


@pytest.mark.parametrize("key", NAMES)
def test_real_names_are_read_field_by_field(key: str, tmp_path: Path) -> None:
    clips = build_manifest(key, lay_out(tmp_path, *NAMES[key])).table.set_index("clip_id", drop=False)
    for path, expected in NAMES[key].items():
        clip = clips.loc[expected[0]]
        assert (clip["clip_id"], clip["subject"], clip["emotion"], clip["stimulus"]) == expected
        assert path in (clip["video"], clip["audio"])
        assert clip["recording"] == clip["clip_id"]
    assert len(clips) == len(NAMES[key])


@pytest.mark.parametrize("key", NAMES)
def test_copies_in_other_folders_hidden_files_and_strange_names_add_no_clip(key: str, tmp_path: Path) -> None:
    lay_out(tmp_path, *NAMES[key])
    before = scan(key, tmp_path)
    for path in map(Path, NAMES[key]):
        lay_out(tmp_path, f"zz copy/{path}", str(path.with_name(f"._{path.name}")), str(path.with_suffix(".pk")))
    lay_out(tmp_path, "zz/notes.wav", "zz/README.txt")
    assert scan(key, tmp_path) == before


def test_a_letter_that_is_no_emotion_of_the_corpus_is_an_error_not_a_guess(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="EmoDB has the label 'Q'"):
        scan("emodb", lay_out(tmp_path, "wav/03a01Qa.wav"))


def test_emodb_leaves_out_the_stereo_files_of_its_second_release(tmp_path: Path) -> None:
    lay_out(tmp_path, "wav/03a01Wa.wav", "wav_laryng/03a01Wa.wav", "wav_laryng/03a01Wb.wav")
    assert [clip.audio for clip in scan("emodb", tmp_path).values()] == ["wav/03a01Wa.wav"]


def test_people_of_emodb_have_sex_and_age_band(tmp_path: Path) -> None:
    clips = scan("emodb", lay_out(tmp_path, "wav/08b03Wd.wav", "wav/15b02Lb.wav"))
    assert clips["08b03Wd"].groups == {"sex": "female", "age": "30-44"}
    assert clips["15b02Lb"].groups == {"sex": "male", "age": "under 30"}


def test_shemo_reads_words_beside_sounds_and_keeps_words_without_sound(tmp_path: Path) -> None:
    lay_out(tmp_path, "female/F01A01.wav", "male/M02N01.wav", "final text/F01A01.ort", "final text/M56W01.ort")
    (tmp_path / "final text/F01A01.ort").write_text("\ufeff\u200eسلام\u200f\n", encoding="utf-8")
    (tmp_path / "final text/M56W01.ort").write_text("بله؟", encoding="utf-8")
    clips = scan("shemo", tmp_path)
    assert {name: (clip.audio, clip.text) for name, clip in clips.items()} == {
        "F01A01": ("female/F01A01.wav", "سلام"), "M02N01": ("male/M02N01.wav", None), "M56W01": (None, "بله؟"),
    }  # fmt: skip


@pytest.mark.parametrize("content", ["version https://git-lfs.github.com/spec/v1", "[1]", '{"F01A01": {}}'])
def test_a_list_of_shemo_that_is_none_is_refused(content: str, tmp_path: Path) -> None:
    (tmp_path / "shemo.json").write_text(content)
    with pytest.raises(InputError, match=r"shemo\.json is not the list of ShEMO's transcripts"):
        scan("shemo", tmp_path)


def test_urdu_keeps_men_and_women_of_one_number_apart(tmp_path: Path) -> None:
    clips = scan("urdu", lay_out(tmp_path, "Happy/SF1_F10_H010.wav", "Angry/SM1_F1_A01.wav"))
    assert {clip.subject: clip.groups["sex"] for clip in clips.values()} == {"SF1": "female", "SM1": "male"}


def test_tess_has_two_speakers_however_its_folders_and_files_are_spelt(tmp_path: Path) -> None:
    inner = "TESS Toronto emotional speech set data"
    lay_out(tmp_path, f"{inner}/OAF_neutral/OA_bite_neutral.wav", f"{inner}/OAF_Fear/OAF_food_fear.wav")
    lay_out(tmp_path, f"{inner}/{inner}/OAF_neutral/OA_bite_neutral.wav", f"{inner}/YAF_fear/YAF_food_fear.wav")
    lay_out(tmp_path, f"{inner}/YAF_pleasant_surprised/YAF_food_ps.wav")
    clips = scan("tess", tmp_path)
    assert {name: (clip.subject, clip.emotion, clip.groups["age"]) for name, clip in clips.items()} == {
        "OAF_bite_neutral": ("OAF", "neutral", "60 and over"), "OAF_food_fear": ("OAF", "fear", "60 and over"),
        "YAF_food_fear": ("YAF", "fear", "under 30"), "YAF_food_ps": ("YAF", "surprise", "under 30"),
    }  # fmt: skip


def test_files_of_tess_that_some_copies_cannot_read_are_left_out_of_all(tmp_path: Path) -> None:
    lay_out(tmp_path, "YAF_germ_angry.wav", "YAF_fear/YAF_neat_fear.wav", "OAF_germ_angry.wav", "YAF_neat_sad.wav")
    assert scan("tess", tmp_path).keys() == {"OAF_germ_angry", "YAF_neat_sad"}


def test_the_one_file_of_tess_with_96_kilohertz_gives_the_view_of_its_sound_at_the_rate_of_the_others(
    tmp_path: Path,
) -> None:
    for name, rate in (("OAF_food_fear", 96_000), ("OAF_food_sad", 24_414)):
        sound = 0.5 * np.sin(2 * np.pi * 440 * np.arange(rate) / rate)
        soundfile.write(tmp_path / f"{name}.wav", sound, rate)
    clips = scan("tess", tmp_path)
    assert clips.keys() == {"OAF_food_fear", "OAF_food_sad"}
    media = (ClipMedia(clip_id=name, root=tmp_path, audio=clip.audio) for name, clip in clips.items())
    one, other = (make_extractor("audio.logmel").extract(clip) for clip in media)
    assert one.shape == other.shape
    assert np.abs(one.mean(axis=0) - other.mean(axis=0)).max() < 0.5


def test_savee_joins_padded_sounds_and_unpadded_pictures(tmp_path: Path) -> None:
    lay_out(tmp_path, "AudioData/DC/sa03.wav", "AudioVisualClip/DC/sa3.avi", "AudioVisualClip/DC/s3.avi.txt")
    (clip,) = scan("savee", tmp_path).values()
    assert (clip.audio, clip.video) == ("AudioData/DC/sa03.wav", "AudioVisualClip/DC/sa3.avi")
    assert (clip.clip_id, clip.stimulus, clip.groups) == ("DC_sa03", "sa 3", {"sex": "male"})


def test_a_sentence_of_esd_is_one_stimulus_in_all_emotions_and_another_in_each_language(tmp_path: Path) -> None:
    paths = ("0001/Neutral/0001_000001.wav", "0001/Angry/test/0001_000351.wav", "0011/Surprise/0011_001401.wav")
    clips = scan("esd", lay_out(tmp_path, *paths))
    assert [(clip.stimulus, clip.language) for clip in clips.values()] == [
        ("zh 1", "zh"),
        ("zh 1", "zh"),
        ("en 1", "en"),
    ]
    table = build_manifest("esd", tmp_path).table
    assert dict(zip(table["subject"], table["group.language"], strict=True)) == {"0001": "zh", "0011": "en"}


@pytest.mark.parametrize(
    ("speaker", "encoding", "words"),
    [
        ("0001", "gb2312", "打远一看,它们的确很是美丽,"),
        ("0003", "utf-16", "打远一看,它们的确很是美丽,"),
        ("0015", "utf-8-sig", "The nine the eggs, I keep."),
        ("0016", "latin-1", "The café, I keep."),
    ],
)
def test_words_of_esd_are_read_in_each_encoding_and_broken_lines_are_passed_over(
    speaker: str, encoding: str, words: str, tmp_path: Path
) -> None:
    lay_out(tmp_path, f"{speaker}/Angry/{speaker}_000351.wav", f"{speaker}/Angry/{speaker}_000352.wav")
    lines = f"{speaker}_000351\t{words}\tAngry\n{speaker}_000352 words without tabs Angry\n"
    (tmp_path / f"{speaker}/{speaker}.txt").write_bytes(lines.encode(encoding))
    clips = scan("esd", tmp_path)
    assert [clip.text for clip in clips.values()] == [words, None]


def test_nemo_reads_words_and_sex_from_its_table_whose_ids_have_blanks(tmp_path: Path) -> None:
    lay_out(tmp_path, "samples/WR0_anger_1.wav", "samples/MP0_fear_2.wav")
    header = "file_id\temotion\traw_text\tnormalized_text\tspeaker_id\tgender\tage"
    row = "WR0_anger_1.wav\tanger\tTo jest zdanie.\tto jest zdanie\t        WR0\tfemale\t24"
    (tmp_path / "data.tsv").write_text(f"{header}\n{row}\n", encoding="utf-8")
    clips = scan("nemo", tmp_path)
    assert (clips["WR0_anger_1"].text, clips["WR0_anger_1"].groups) == ("To jest zdanie.", {"sex": "female"})
    assert (clips["MP0_fear_2"].text, clips["MP0_fear_2"].groups) == (None, {})


def test_the_seven_cameras_of_mead_are_one_clip_seen_from_the_front(tmp_path: Path) -> None:
    views = ("down", "front", "left_30", "left_60", "right_30", "right_60", "top")
    lay_out(tmp_path, "M003/audio/angry/level_2/001.m4a", *(f"M003/video/{v}/angry/level_2/001.mp4" for v in views))
    lay_out(tmp_path, "W009/audio/sad_level_3/002.m4a")
    clips = scan("mead", tmp_path)
    assert clips["M003_angry_2_001"].video == "M003/video/front/angry/level_2/001.mp4"
    assert clips["M003_angry_2_001"].audio == "M003/audio/angry/level_2/001.m4a"
    assert {name: (clip.intensity, clip.groups["sex"]) for name, clip in clips.items()} == {
        "M003_angry_2_001": (2.0, "male"), "W009_sad_3_002": (3.0, "female"),
    }  # fmt: skip


def test_people_are_told_in_the_words_of_the_manifest() -> None:
    assert [sex_group(word) for word in ("Male", "F", " w", "", "other")] == [
        {"sex": "male"}, {"sex": "female"}, {"sex": "female"}, {}, {},
    ]  # fmt: skip
    assert [age_group(years)["age"] for years in (20, 29, 30, 44, 45, 59, 60, 74)] == [
        "under 30", "under 30", "30-44", "30-44", "45-59", "45-59", "60 and over", "60 and over",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "content", [b"", b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", b"\xff\xfe\x00"]
)
def test_a_side_table_that_is_none_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_bytes(content)
    with pytest.raises(InputError, match=r"people\.csv is not the table with the columns id, sex"):
        read_rows(tmp_path / "people.csv", ("id", "sex"))
