"""A dataset of the Hub: fetched once at a commit, read as one in a folder; what goes wrong is one clear line."""

from __future__ import annotations

import io
import logging
import pickle
import tomllib
import wave
from pathlib import Path

import huggingface_hub
import numpy as np
import pandas as pd
import pytest
from datasets import Audio, Dataset
from huggingface_hub import constants
from own_table import files_in
from server import LOST, TOKEN, Repo

NAME = "datasets/lab/corpus"
LABELS, SPEAKERS = ["joy", "fear", "joy", "fear"], ["a", "a", "b", "b"]
FILES = [f"wavs/{n}.wav" for n in range(4)]
OPTIONS = """
source = "hub:lab/corpus"
revision = "main"
[columns]
emotion = "label"
subject = "who"
audio = "sound"
[emotions]
joy = "happiness"
"""
PREPARE = ("prepare", "hf:mine", "--data", "data", "--views", "audio.logmel")
EXPORT = ("datasets", "export", "hf:mine", "clips.parquet", "--data", "data")


def sound(pitch: int) -> bytes:
    """Half a second of a tone, as a WAV file."""
    tone = np.sin(np.arange(8000) * pitch / 50) * 9000
    kept = io.BytesIO()
    with wave.open(kept, "wb") as file:
        file.setparams((1, 2, 16000, 0, "NONE", ""))
        file.writeframes(tone.astype("<i2").tobytes())
    return kept.getvalue()


SOUNDS = dict(zip(FILES, map(sound, range(1, 5)), strict=True))


def beside() -> dict[str, bytes]:
    """A table that names the files beside it."""
    table = pd.DataFrame({"who": SPEAKERS, "label": LABELS, "sound": FILES})
    return {"README.md": b"# A corpus\n", "train.csv": table.to_csv(index=False).encode()} | SOUNDS


def inside() -> dict[str, bytes]:
    """A Parquet table that holds the sound."""
    told = [{"bytes": it, "path": Path(path).name} for path, it in SOUNDS.items()]
    data = Dataset.from_dict({"who": SPEAKERS, "label": LABELS, "sound": told})
    kept = io.BytesIO()
    data.cast_column("sound", Audio(decode=False)).to_parquet(kept)
    return {"README.md": b"# A corpus\n", "data/train-00000-of-00001.parquet": kept.getvalue()}


@pytest.fixture
def corpus(hub, tmp_path, monkeypatch):
    """The dataset on the Hub; the folder `data` with the options that name it is in the current one."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("STF2M_BENCH_HOME", str(tmp_path / "home"))
    Path("data").mkdir()
    options()
    hub.repos[NAME] = Repo(private=False)
    hub.repos[NAME].commit({".gitattributes": b""} | beside())
    return hub.repos[NAME]


def options(old: str = "", new: str = "") -> None:
    Path("data/hf.toml").write_text(OPTIONS.replace(old, new) if old else OPTIONS, encoding="utf-8")


def clips(run) -> pd.DataFrame:
    run(*EXPORT)
    return pd.read_parquet("clips.parquet")


def fetched() -> str:
    """The commit that is recorded."""
    return tomllib.loads(Path("data/fetched.toml").read_text(encoding="utf-8"))["commit"]


def folders() -> set[str]:
    """The commits that are here whole."""
    return {path.name for path in Path("data").glob("hub/lab--corpus/[!.]*")}


def test_sound_beside_a_table_is_fetched_and_read_in_place(corpus, run):
    assert run(*PREPARE, "--json").json[0]["clips"] == 4
    table = clips(run)
    assert list(table["emotion"]) == ["happiness", "fear"] * 2
    assert list(table["audio"]) == [f"hub/lab--corpus/{corpus.head}/{name}" for name in FILES]
    assert [(Path("data") / path).read_bytes() for path in table["audio"]] == list(SOUNDS.values())
    assert not Path("data/media").exists()


def test_sound_inside_a_table_is_fetched_and_prepared_alike(corpus, run):
    hashes = []
    for files in (beside(), inside()):
        commit = corpus.commit(files)
        options('"main"', f'"{commit}"')
        hashes.append(run(*PREPARE, "--json").json[0]["hash"])
        run("datasets", "check", "hf:mine")
    assert hashes[0] == hashes[1]
    assert list(clips(run)["audio"]) == [f"media/train_{n:06}.audio.wav" for n in range(4)]


def test_the_commit_that_a_branch_means_is_recorded_and_nothing_else_of_the_client_is_kept(corpus, run):
    run(*EXPORT)
    recorded = tomllib.loads(Path("data/fetched.toml").read_text(encoding="utf-8"))
    assert recorded == {"source": "hub:lab/corpus", "revision": "main", "commit": corpus.head}
    assert f"# fetched: hub/lab--corpus/{corpus.head}" in Path("data/made-from.toml").read_text(encoding="utf-8")
    assert files_in(Path("data/hub/lab--corpus")).keys() == {f"{corpus.head}/{name}" for name in corpus.files}


def test_a_second_reading_asks_nobody_and_stays_at_its_commit_whatever_else_is_told(corpus, hub, run):
    run(*EXPORT)
    first = corpus.head
    corpus.commit(inside())
    hub.fail("", LOST)
    asked = len(hub.requests)
    run(*PREPARE)
    options('joy = "happiness"', 'joy = "contentment"')
    assert set(clips(run)["emotion"]) == {"contentment", "fear"}
    assert (fetched(), len(hub.requests)) == (first, asked)


def test_another_revision_is_fetched_anew_and_a_branch_when_its_record_is_deleted(corpus, run):
    run(*EXPORT)
    first = corpus.head
    second = corpus.commit(beside() | {"train.csv": b"who,label,sound\nc,fear,wavs/0.wav\n"})
    assert len(clips(run)) == 4
    options('"main"', f'"{second}"')
    assert list(clips(run)["subject"]) == ["c"]
    assert folders() == {first, second}

    options()
    Path("data/fetched.toml").unlink()
    third = corpus.commit(beside())
    assert len(clips(run)) == 4
    assert (fetched(), folders()) == (third, {first, second, third})


def test_an_interrupted_fetch_goes_on_with_the_same_command_at_the_same_commit(corpus, hub, run, told):
    first = corpus.head
    hub.fail("GET .*wavs/2", 500)
    assert "The Hub failed while it was asked for 'lab/corpus'" in told(*EXPORT, code=1)
    assert folders() == set()
    assert not Path("data/clips.parquet").exists()

    hub.failures.clear()
    corpus.commit(inside())
    there = {path.name for path in Path("data").glob("hub/lab--corpus/.*/wavs/*.wav")}
    asked = len(hub.requests)
    assert len(clips(run)) == 4
    got = {Path(request).name for request in hub.requests[asked:] if request.startswith("GET /datasets")}
    assert "2.wav" in got
    assert there
    assert there.isdisjoint(got)
    assert (fetched(), folders()) == (first, {first})


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (401, "gives no access to 'lab/corpus', or there is no such dataset (401); check the name, then log in"),
        (403, "gives no access to 'lab/corpus', or there is no such dataset (403)"),
        (404, "has no 'lab/corpus' that you may see (404); check the name"),
        (429, "asked too often, the last time for 'lab/corpus' (429); wait a few minutes"),
        (500, "The Hub failed while it was asked for 'lab/corpus' (500)"),
        (503, "The Hub failed while it was asked for 'lab/corpus' (503)"),
        (LOST, "The connection to the Hub was lost"),
    ],
)
@pytest.mark.parametrize("step", ["/revision/", "/tree/", "HEAD .*wavs/1", "GET .*wavs/1"])
def test_a_fetch_that_fails_at_any_step_is_one_line_and_leaves_no_clips(step, answer, says, corpus, hub, told):
    hub.fail(step, answer)
    assert says in told(*EXPORT, code=1)
    assert folders() == set()
    assert not {"clips.parquet", "made-from.toml", "media"} & {path.name for path in Path("data").iterdir()}


def test_what_is_not_there_is_told_and_not_recorded(corpus, told):
    options('"main"', '"v9"')
    assert "'lab/corpus' has no such revision on the Hub (404); give a branch" in told(*EXPORT, code=1)
    options("lab/corpus", "lab/nothing")
    assert "gives no access to 'lab/nothing', or there is no such dataset" in told(*EXPORT, code=1)
    assert files_in(Path("data")).keys() == {"hf.toml"}


def test_a_gated_dataset_says_what_to_agree_to(corpus, hub, told):
    hub.fail("wavs/0", 403, headers={"X-Error-Code": "GatedRepo"})
    assert "'lab/corpus' is gated (403); agree to its terms on its page of the Hub, log in" in told(*EXPORT, code=1)


def test_a_private_dataset_is_fetched_with_the_token_which_stands_nowhere(corpus, hub, run, told, caplog, monkeypatch):
    corpus.private = True
    caplog.set_level(logging.DEBUG)
    hub.fail("/revision/", 400, body={"error": f"the token {TOKEN} is odd"}, times=1)
    assert "the token <token> is odd" in told(*EXPORT, code=1)
    run(*PREPARE)
    assert TOKEN not in caplog.text
    kept = files_in(Path("data")) | files_in(Path("home"))
    assert not [name for name, content in kept.items() if TOKEN.encode() in content]

    monkeypatch.setenv("HF_TOKEN", "")
    Path("data/fetched.toml").unlink()
    assert "gives no access" in told(*EXPORT, code=1)


def test_offline_is_told_but_a_commit_that_is_here_needs_no_hub(corpus, run, told, monkeypatch):
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    huggingface_hub.close_session()
    assert "HF_HUB_OFFLINE is set" in told(*EXPORT, code=1)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    huggingface_hub.close_session()
    run(*EXPORT)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    huggingface_hub.close_session()
    assert len(clips(run)) == 4


class Boom:
    def __reduce__(self):
        return Path.touch, (Path("ran").absolute(),)


def test_neither_scripts_nor_pickles_of_a_repository_are_run(corpus, run, told):
    traps = {"corpus.py": b"open('ran', 'w')", "train.pkl": pickle.dumps(Boom())}
    traps |= {f"{name}.py": traps["corpus.py"] for name in ("main", "lab--corpus")}
    corpus.commit(traps)
    assert "could not be read as a Hugging Face dataset" in told(*EXPORT, code=2)
    options('"main"', f'"{corpus.commit(beside() | traps)}"')
    assert len(clips(run)) == 4
    assert not Path("ran").exists()


def test_a_record_that_is_broken_is_refused_and_one_of_another_dataset_is_not_believed(corpus, run, told):
    Path("data/fetched.toml").write_text("source = ", encoding="utf-8")
    assert "fetched.toml is not valid TOML" in told(*EXPORT, code=2)
    other = f'source = "hub:lab/other"\nrevision = "main"\ncommit = "{"0" * 40}"\n'
    Path("data/fetched.toml").write_text(other, encoding="utf-8")
    run(*EXPORT)
    assert fetched() == corpus.head


@pytest.mark.filterwarnings("ignore:Not enough free disk space")
def test_a_full_disk_is_one_line_and_with_more_room_it_goes_on(corpus, run, told, small_disk):
    corpus.commit(beside() | {"wavs/long.wav": bytes(600_000)})
    disk = small_disk("400k")
    (disk / "hf.toml").write_text(OPTIONS, encoding="utf-8")
    command = [*EXPORT[:-1], str(disk)]
    assert "make room or choose another place, then repeat" in told(*command, code=1)
    small_disk("4m")
    run(*command)
    assert (disk / "clips.parquet").is_file()
