"""Corpora of words, on tables of their layout; every sentence here is invented."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from word_tables import column, lay_out, read, write

from stf2m_bench.datasets.base.side_tables import find_tables, read_bare_rows
from stf2m_bench.errors import InputError

EMORY = "Utterance,Speaker,Emotion,Scene_ID,Utterance_ID,Season,Episode,Start_Time,End_Time"
MUSTARD = (
    "SCENE,KEY,SENTENCE,END_TIME,SPEAKER,SHOW,Sarcasm,Sarcasm_Type,Implicit_Emotion,Explicit_Emotion,Valence,Arousal"
)
OMG = "link,start,end,video,utterance,arousal,valence,EmotionMaxVote"


def test_a_line_of_emorynlp_is_a_clip_with_its_film_and_the_episode_is_spelt_as_in_meld(tmp_path: Path) -> None:
    row = "\"No, really.\",['Monica Geller'],Powerful,1,12,1,15,00:00:03.795,00:00:05.004"
    write(tmp_path, "emorynlp_dev_final.csv", EMORY, row)
    lay_out(tmp_path, "videos/sea1_ep15_sc1_utt12.mp4")
    clip = read("emorynlp", tmp_path)["s01e15_1_12"]
    assert (clip["subject"], clip["recording"], clip["stimulus"]) == ("Monica Geller", "s01e15_1", "s01e15")
    assert (clip["emotion"], clip["label"], clip["text"]) == ("confidence", "Powerful", "No, really.")
    assert clip["video"] == "videos/sea1_ep15_sc1_utt12.mp4"


def test_lines_of_several_people_in_emorynlp_are_left_out(tmp_path: Path) -> None:
    speakers = (
        "\"['Ross Geller', 'Susan Bunch']\"", "['#ALL#']", "['Both']", "['The Guys']", '"[""Phoebe\'s Friends""]"',
        '"[""Phoebe\'s Assistant""]"', "['Steve (drug addict)']",
    )  # fmt: skip
    lines = [f"Hi.,{speaker},Joyful,1,{i},1,2,00:00:01.000,00:00:02.000" for i, speaker in enumerate(speakers)]
    write(tmp_path, "emorynlp_train_final.csv", EMORY, *lines)
    assert set(column("emorynlp", tmp_path, "subject").values()) == {"Phoebe's Assistant", "Steve (drug addict)"}


@pytest.mark.parametrize("speaker", ["Monica Geller", "['Monica", "__import__('os')", "12"])
def test_a_speaker_of_emorynlp_that_is_no_list_of_names_is_refused(speaker: str, tmp_path: Path) -> None:
    row = f"Hi.,{speaker},Joyful,1,1,1,2,00:00:01.000,00:00:02.000"
    write(tmp_path, "emorynlp_train_final.csv", EMORY, row)
    with pytest.raises(InputError, match="which is no list of names"):
        read("emorynlp", tmp_path)


def mustard(root: Path, *rows: str) -> None:
    write(root, "mustard++_text.csv", MUSTARD, *rows, end="\r\n")


def test_the_emotion_meant_in_mustard_is_the_label_and_the_one_shown_a_vote_beside_it(tmp_path: Path) -> None:
    mustard(tmp_path, '1_7,1_7_u,"How\nlovely.",0:07,SHELDON,BBT,1,PRO,Ridicule,Happiness,3,9')
    lay_out(tmp_path, "final_utterance_videos/1_7_u.mp4", "final_context_videos/1_7_c.mp4")
    clip = read("mustard_pp", tmp_path)["1_7"]
    assert (clip["emotion"], clip["label"], clip["votes.explicit.happiness"]) == ("ridicule", "Ridicule", 1.0)
    assert [name for name in clip if name.startswith("votes.")] == ["votes.explicit.happiness"]
    assert (clip["valence"], clip["arousal"], clip["text"]) == (-0.5, 1.0, "How lovely.")
    assert (clip["subject"], clip["recording"]) == ("SHELDON", "1_7")
    assert clip["video"] == "final_utterance_videos/1_7_u.mp4"


def test_rows_of_context_in_mustard_are_no_clips_and_a_labelled_row_with_a_wrong_key_is_one(tmp_path: Path) -> None:
    mustard(
        tmp_path,
        "1_7,1_7_c_00,Who?,0:02,AMY,0,,,,,,",
        "1_7,1_7_c_1,Him.,0:03,-,BBT,,,,,,",
        "1_7,Disgust,No.,0:02.430000,BERNADETTE,BBT,0,NONE,Disgust,Disgust,4,5",
    )
    assert column("mustard_pp", tmp_path, "subject") == {"1_7": "BERNADETTE"}


def test_nobody_in_particular_in_mustard_is_another_subject_each_time(tmp_path: Path) -> None:
    speakers = ("PERSON", "PERSON", "PERSON1", "OTHER", "AMY", "AMY")
    mustard(tmp_path, *(f"1_{i},1_{i}_u,No.,0:02,{s},BBT,0,NONE,Fear,Fear,4,5" for i, s in enumerate(speakers)))
    assert list(column("mustard_pp", tmp_path, "subject").values()) == [
        "PERSON 1_0", "PERSON 1_1", "PERSON1 1_2", "OTHER 1_3", "AMY", "AMY",
    ]  # fmt: skip


def dialogues(root: Path, split: str, **told: list[tuple[str, str]]) -> None:
    content = {
        name: [[{"turn": i, "speaker": "AB"[(i - 1) % 2], "utterance": u, "emotion": e} for i, (u, e) in turns]]
        for name, turns in ((name, list(enumerate(pairs, start=1))) for name, pairs in told.items())
    }
    write(root, f"data/original_annotation/dailydialog_{split}.json", json.dumps(content))


def test_a_turn_of_dailydialog_is_a_clip_and_its_sides_are_people_of_that_dialogue_alone(tmp_path: Path) -> None:
    dialogues(tmp_path, "test", tr_1=[("Rain again .", "neutral"), ("I love it !", "happiness")])
    dialogues(tmp_path, "valid", va_2=[("Snow now .", "surprise")])
    clips = read("dailydialog", tmp_path)
    assert {name: (clip["subject"], clip["recording"], clip["emotion"]) for name, clip in clips.items()} == {
        "tr_1_1": ("tr_1_A", "tr_1", "neutral"),
        "tr_1_2": ("tr_1_B", "tr_1", "happiness"),
        "va_2_1": ("va_2_A", "va_2", "surprise"),
    }


def test_slips_among_the_labels_of_dailydialog_are_known_and_others_are_an_error(tmp_path: Path) -> None:
    dialogues(tmp_path, "test", tr_1=[("Oh .", "happines"), ("Ah .", "excited"), ("Eh .", "sad")])
    clips = read("dailydialog", tmp_path).values()
    assert [(clip["label"], clip["emotion"]) for clip in clips] == [
        ("happines", "happiness"), ("excited", "happiness"), ("sad", "sadness"),
    ]  # fmt: skip
    dialogues(tmp_path, "test", tr_1=[("Oh .", "glad")])
    with pytest.raises(InputError, match="DailyDialog has the label 'glad'"):
        read("dailydialog", tmp_path)


def test_a_dialogue_that_comes_again_word_for_word_is_read_once_in_whatever_file(tmp_path: Path) -> None:
    dialogues(tmp_path, "valid", va_1=[("Rain .", "sadness")])
    dialogues(tmp_path, "test", te_1=[("Rain .", "neutral")], te_2=[("Rain .", "neutral"), ("Yes .", "neutral")])
    assert read("dailydialog", tmp_path).keys() == {"va_1_1", "te_2_1", "te_2_2"}


@pytest.mark.parametrize("content", ["version https://git-lfs", "[1]", '{"tr_1": [[{"turn": 1}]]}', '{"tr_1": 3}'])
def test_a_file_of_dailydialog_that_is_none_is_refused(content: str, tmp_path: Path) -> None:
    write(tmp_path, "dailydialog_test.json", content)
    with pytest.raises(InputError, match=r"dailydialog_test\.json is no file of RECCON's dialogues"):
        read("dailydialog", tmp_path)


def test_answers_of_isear_are_read_over_line_breaks_bare_commas_and_the_slip_in_guilt(tmp_path: Path) -> None:
    write(tmp_path, "ISEAR.csv", 'joy,"A walk.   \nThen  \ntea.",', "fear,I ran, very fast.", "guit,I lied.,")
    clips = read("isear", tmp_path)
    assert {name: (clip["emotion"], clip["label"], clip["text"]) for name, clip in clips.items()} == {
        "0001": ("happiness", "joy", "A walk. Then tea."),
        "0002": ("fear", "fear", "I ran, very fast."),
        "0003": ("guilt", "guit", "I lied."),
    }


def test_answers_in_the_order_of_the_questions_are_one_respondent(tmp_path: Path) -> None:
    words = ("joy", "fear", "anger", "sadness", "disgust", "shame", "guilt", "joy", "shame", "fear", "fear")
    write(tmp_path, "ISEAR.csv", *(f"{word},Something {i}.," for i, word in enumerate(words)))
    subjects = column("isear", tmp_path, "subject")
    assert list(subjects.values()) == ["run 0001"] * 7 + ["run 0002"] * 2 + ["run 0003", "run 0004"]
    assert column("isear", tmp_path, "recording") == subjects


def test_answers_that_there_is_none_are_left_out_and_count_as_records_all_the_same(tmp_path: Path) -> None:
    none = (
        "[ No description.]", "NO RESPONSE.", "No response", "Blank.", "Not applicable to myself.", "None.", "Nothing.",
        "Can't think of a case.", "[ Can not think of one now.]", "[ I have not felt this emotion.]",
        "Cannot recall it!", "[ I am brave, not applicable.]", "Haven't felt guilt for ages.", "The same as in ANGER.",
    )  # fmt: skip
    write(tmp_path, "ISEAR.csv", *(f'fear,"{text}",' for text in none), "joy,[ A walk.],")
    assert column("isear", tmp_path, "text") == {"0015": "[ A walk.]"}


@pytest.mark.parametrize(
    "answer",
    [
        "I do not help enough.", "I can't remember one. Or yes: a fall.", "The same as in ANGER. I was asked to go.",
        "It was dark. I don't remember the way home.", "I haven't often felt this. Once I fell.", "Nothing to eat.",
    ],
)  # fmt: skip
def test_an_answer_that_tells_something_stays(answer: str, tmp_path: Path) -> None:
    write(tmp_path, "ISEAR.csv", f'fear,"{answer}",')
    assert list(column("isear", tmp_path, "text").values()) == [answer]


def goemotions(root: Path, split: str, *rows: str, folder: str = "data") -> None:
    write(root, f"{folder}/{split}.tsv", *rows)


def test_a_comment_with_one_label_has_an_emotion_and_one_with_several_has_votes_alone(tmp_path: Path) -> None:
    goemotions(tmp_path, "dev", "Good one.\t17\tee0001a", "Right, fine.\t4,27\tee0002b")
    one, several = read("goemotions", tmp_path).values()
    assert (one["emotion"], one["label"], one["votes.readers.happiness"]) == ("happiness", "joy", 1.0)
    assert (several["emotion"], several["label"]) == (None, "approval,neutral")
    assert (several["votes.readers.approval"], several["votes.readers.neutral"]) == (0.5, 0.5)
    assert one["subject"] == one["recording"] == "ee0001a"


def test_bare_quotes_and_odd_breaks_of_comments_end_no_row(tmp_path: Path) -> None:
    goemotions(tmp_path, "test", '"Well\t27\tee0001a', 'so "be\u2028it\x85"\t27\tee0002b', "NA\t27\tee0003c")
    assert list(column("goemotions", tmp_path, "text").values()) == ['"Well', 'so "be\u2028it\x85"', "NA"]


def test_relabelled_copies_beside_the_comments_are_not_read(tmp_path: Path) -> None:
    goemotions(tmp_path, "dev", "Hi.\t14\tee0001a", folder="data/original")
    goemotions(tmp_path, "dev", "Hi.\t2\tee0001a", folder="data/ekman")
    assert column("goemotions", tmp_path, "emotion") == {"ee0001a": "fear"}


@pytest.mark.parametrize("numbers", ["28", "4,x", "", "-"])
def test_labels_of_goemotions_that_are_none_are_refused(numbers: str, tmp_path: Path) -> None:
    goemotions(tmp_path, "dev", f"Hi.\t{numbers}\tee0001a")
    with pytest.raises(InputError, match=r"dev\.tsv has the labels '.*', not numbers from 0 to 27"):
        read("goemotions", tmp_path)


def omg(root: Path, table: str, *rows: str) -> None:
    write(root, f"omg_{table}Videos.csv", OMG, *rows)


def test_an_utterance_of_omg_has_emotion_valence_and_arousal_and_its_film_where_it_lies_there(tmp_path: Path) -> None:
    link = "https://www.youtube.com/watch?v=abcdefghi-_"
    omg(tmp_path, "Train", f"{link},15.4,19.6,5b44393ed,utterance_4.mp4,0.25,-0.5,3")
    lay_out(tmp_path, "train/5b44393ed/utterance_4.mp4")
    clip = read("omg_emotion", tmp_path)["5b44393ed_utterance_4"]
    assert (clip["emotion"], clip["label"], clip["valence"], clip["arousal"]) == ("happiness", "3", -0.5, 0.25)
    assert clip["subject"] == clip["recording"] == "abcdefghi-_"
    assert (clip["video"], clip["start"], clip["end"]) == ("train/5b44393ed/utterance_4.mp4", None, None)


def test_means_and_deviations_at_the_end_of_a_table_of_omg_are_no_clips(tmp_path: Path) -> None:
    row = "https://www.youtube.com/watch?v=abcdefghi-_,1.0,2.0,f1f277e5d_7,utterance_1.mp4,0.25,-0.5,0"
    omg(tmp_path, "Train", row, ",,,,,0.45,0.16,", ",,,,,0.21,0.36,")
    assert read("omg_emotion", tmp_path).keys() == {"f1f277e5d_7_utterance_1"}


def test_one_link_under_two_names_in_train_and_validation_is_one_recording(tmp_path: Path) -> None:
    for table, video in (("Train", "aaaaaaaaa"), ("Validation", "bbbbbbbbb")):
        omg(tmp_path, table, f"https://www.youtube.com/watch?v=abcdefghijk,1,2,{video},utterance_1.mp4,0.1,0.1,4")
    assert set(column("omg_emotion", tmp_path, "recording").values()) == {"abcdefghijk"}


def emobank(root: Path, *rows: str) -> None:
    write(root, "corpus/emobank.csv", "id,split,V,A,D,text", *rows)
    ids = [row.partition(",")[0] for row in rows]
    write(root, "corpus/meta.tsv", "id\tdocument\tcategory\tsubcategory", *(f"{i}\t{i[:2]}\tblog\t " for i in ids))


def test_a_sentence_of_emobank_has_ratings_and_its_document_is_subject_and_recording(tmp_path: Path) -> None:
    emobank(tmp_path, 'd1_0_9,train,1.0,4.5,3.0,"Go, now. """', "d1_9_12,dev,3.5,2.0,3.0,None")
    first, second = read("emobank", tmp_path).values()
    assert (first["valence"], first["arousal"], first["label"], first["text"]) == (-1.0, 0.75, "LVHA", 'Go, now. "')
    assert (second["valence"], second["arousal"], second["label"], second["text"]) == (0.25, -0.5, "HVLA", "None")
    assert {clip[name] for clip in (first, second) for name in ("subject", "recording")} == {"d1"}
    assert first["emotion"] is second["emotion"] is None


def test_exactly_three_in_emobank_is_neither_high_nor_low_and_neutral_only_on_both_axes(tmp_path: Path) -> None:
    emobank(tmp_path, "a,train,3.0,4.0,3.0,One.", "b,train,2.5,3.0,3.0,Two.", "c,train,3.0,3.0,1.0,Three.")
    clips = read("emobank", tmp_path)
    assert {name: (clip["label"], clip["emotion"]) for name, clip in clips.items()} == {
        "a": ("neutral", None), "b": ("neutral", None), "c": ("neutral", "neutral"),
    }  # fmt: skip


def test_emobank_without_its_documents_is_refused(tmp_path: Path) -> None:
    write(tmp_path, "corpus/emobank.csv", "id,split,V,A,D,text", "a,train,3.0,4.0,3.0,One.")
    with pytest.raises(InputError, match=r"meta\.tsv"):
        read("emobank", tmp_path)


@pytest.mark.parametrize(
    ("key", "path"),
    [
        ("meld", "data/MELD/train_sent_emo.csv"),
        ("emorynlp", "emorynlp_train_final.csv"),
        ("mustard_pp", "mustard++_text.csv"),
        ("isear", "ISEAR.csv"),
        ("goemotions", "data/dev.tsv"),
        ("omg_emotion", "omg_TrainVideos.csv"),
        ("emobank", "corpus/emobank.csv"),
    ],
)
def test_a_table_that_git_lfs_did_not_fetch_is_refused(key: str, path: str, tmp_path: Path) -> None:
    write(tmp_path, "corpus/meta.tsv", "id\tdocument", "a\td1")
    write(tmp_path, path, "version https://git-lfs.github.com/spec/v1", "oid sha256:0", "size 1")
    with pytest.raises(InputError, match=f"{Path(path).name.replace('+', '.')} is not the table .*fetch it again"):
        read(key, tmp_path)


def test_of_copies_of_a_table_the_first_path_is_read_and_absent_ones_are_left_out(tmp_path: Path) -> None:
    lay_out(tmp_path, "b/one.csv", "a/one.csv", "two.csv", "a/._two.csv")
    assert find_tables(tmp_path, "two.csv", "three.csv", "one.csv") == [tmp_path / "two.csv", tmp_path / "a/one.csv"]


@pytest.mark.parametrize("row", ["a", "a,b,c"])
def test_a_row_with_another_number_of_cells_is_refused(row: str, tmp_path: Path) -> None:
    write(tmp_path, "bare.csv", "a,b", row)
    with pytest.raises(InputError, match=r"bare\.csv is not the table without header whose columns are x, y"):
        read_bare_rows(tmp_path / "bare.csv", ("x", "y"))
