"""The built-in extractors: the contract that all keep, and what each one measures, by another route."""

from __future__ import annotations

import subprocess
import sys
import zlib
from collections import Counter
from dataclasses import is_dataclass
from pathlib import Path
from typing import Any

import av
import numpy as np
import pandas as pd
import pytest
import soundfile

from stf2m_bench.datasets.base.loader import ImportedTable
from stf2m_bench.errors import InputError, UnknownNameError, UsageError
from stf2m_bench.views import ROOM
from stf2m_bench.views.base.extractor import Extractor, make_extractor
from stf2m_bench.views.base.media import ClipMedia
from stf2m_bench.views.imported import columns_that_tell

SHARED = Path(__file__).parents[2] / "../shared/data"
ARGUMENTS = {
    "signal.window": ":eda",
    "imported": ":units",
    "signal.eda": ":eda",
    "signal.pulse": ":ppg",
    "signal.temperature": ":temp",
    "signal.motion": ":acc",
    "signal.zscored": ":eda:eda",
}
RATE = 16_000


def write_video(path: Path, pictures: np.ndarray, *, rate: int = 25) -> Path:
    """`[T, H, W, 3]` as H.264."""
    with av.open(path, "w") as out:
        stream = out.add_stream("libx264", rate=rate)
        stream.height, stream.width, stream.pix_fmt = *pictures.shape[1:3], "yuv420p"
        for picture in pictures:
            out.mux(stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(picture))))
        out.mux(stream.encode(None))
    return path


def panned_portrait(frames: int, step: int) -> np.ndarray:
    """A real face (scikit-image's astronaut) that moves `step` pixels to the left with each frame."""
    from skimage.data import astronaut

    return np.stack([astronaut()[:240, step * n : 320 + step * n] for n in range(frames)])


def spoken_like(seconds: float = 1.0) -> np.ndarray:
    """A gliding tone with overtones between half a second of faint noise on either side."""
    t = np.arange(round(seconds * RATE)) / RATE
    phase = 2 * np.pi * (150 * t + 60 * t**2)
    voice = sum(np.sin(k * phase) / k for k in range(1, 12)) * 0.1 * np.sin(np.pi * t / seconds) ** 2
    noise = np.random.default_rng(1).normal(0, 1e-4, RATE + len(t))
    return noise + np.pad(voice, RATE // 2)


@pytest.fixture(scope="session")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("corpus")
    write_video(root / "face.mp4", panned_portrait(50, 1))
    soundfile.write(root / "voice.wav", spoken_like(), RATE)
    seconds = np.arange(0, 10, 0.05)
    channels = {"eda": 2 + 0.5 * seconds, "ppg": np.sin(seconds), "temp": 33 + seconds / 10, "acc": np.cos(seconds)}
    pd.DataFrame({"seconds": seconds} | channels).to_csv(root / "body.csv", index=False)
    pd.DataFrame({"name": ["a", "c"], "au1": [0.5, 1.0], "au2": [2.0, 3.0]}).to_csv(root / "units.csv", index=False)
    return root


def table(path: str = "units.csv", columns: tuple[str, ...] = ("au1", "au2"), **more: Any) -> ImportedTable:
    return ImportedTable(
        path=path, key="name", columns=columns, source="this test", fitted_on="nothing of this corpus", **more
    )


def clip_of(root: Path, **more: Any) -> ClipMedia:
    media: dict[str, Any] = {
        "clip_id": "a",
        "video": "face.mp4",
        "audio": "voice.wav",
        "text": "Kids are talking by the door",
        "signal": "body.csv",
        "tables": {"units": table()},
    }
    return ClipMedia(root=root, **(media | more))


# ---- the contract ----


@pytest.mark.parametrize("key", ROOM.keys())
def test_an_extractor_says_what_it_is(key: str) -> None:
    extractor = make_extractor(key + ARGUMENTS.get(key, ""))
    assert extractor.version >= 1
    assert extractor.sites
    assert extractor.media
    assert extractor.scope in {"clip", "subject", "dataset"}
    assert len(type(extractor).__doc__ or "") > 80
    assert is_dataclass(extractor.params)
    assert type(extractor.params).__dataclass_params__.frozen  # type: ignore[attr-defined]
    assert extractor.identity()["params"] == {
        name: getattr(extractor.params, name) for name in extractor.params.__dataclass_fields__
    }


@pytest.mark.parametrize("key", ROOM.keys())
def test_a_view_is_an_array_of_the_stated_kind_time_first(key: str, corpus: Path) -> None:
    extractor = make_extractor(key + ARGUMENTS.get(key, ""))
    view = extractor.extract(clip_of(corpus))
    assert view.dtype == extractor.dtype
    assert view.ndim >= 2
    assert len(view) >= 1
    assert np.isfinite(view).all()
    if extractor.rate is not None and "audio" not in extractor.media:
        half = extractor.extract(clip_of(corpus, start=0.5, end=1.5))
        assert len(half) == pytest.approx(extractor.rate, abs=1)


@pytest.mark.parametrize("key", ROOM.keys())
def test_the_same_clip_gives_the_same_bytes(key: str, corpus: Path) -> None:
    first, second = (make_extractor(key + ARGUMENTS.get(key, "")).extract(clip_of(corpus)) for _ in range(2))
    assert first.tobytes() == second.tobytes()


@pytest.mark.parametrize("key", ROOM.keys())
def test_absent_media_give_no_rows_of_the_right_width(key: str, corpus: Path) -> None:
    extractor = make_extractor(key + ARGUMENTS.get(key, ""))
    bare = ClipMedia(clip_id="nobody", root=corpus, tables={"units": table()})
    view, absent = extractor.extract(clip_of(corpus)), extractor.extract(bare)
    assert absent.shape == (0, *view.shape[1:])
    assert absent.dtype == view.dtype


def test_an_argument_is_asked_for_and_refused_where_it_belongs() -> None:
    with pytest.raises(UsageError, match="needs a name after a colon"):
        make_extractor("signal.window")
    with pytest.raises(UsageError, match="takes nothing after a colon"):
        make_extractor("audio.logmel:loud")
    with pytest.raises(UnknownNameError, match=r"did you mean audio\.logmel"):
        make_extractor("audio.logmal")


def test_importing_extractors_imports_no_decoder() -> None:
    keys = ROOM.keys()
    modules = [type(make_extractor(key + ARGUMENTS.get(key, ""))).__module__ for key in keys]
    heavy = ["torch", "moviepy", "av", "skimage", "scipy", "soundfile", "pandas"]
    code = f"import sys, {', '.join(modules)}; print([m for m in {heavy} if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


# ---- audio.logmel ----


def plain_logmel(sound: np.ndarray, extractor: Extractor) -> np.ndarray:
    """The docstring's definition, one number after the other, in double precision."""
    p = extractor.params
    window = np.array([0.5 - 0.5 * np.cos(2 * np.pi * n / p.window) for n in range(p.window)])
    rows = [
        np.abs(np.fft.rfft(sound[start : start + p.window].astype(float) * window)) ** 2
        for start in range(0, len(sound) - p.window + 1, p.hop)
    ]
    energy = [row.sum() for row in rows]
    loud = [n for n, e in enumerate(energy) if 10 * np.log10(e / max(energy)) >= -p.trim]
    to_mel, to_hertz = lambda f: 2595 * np.log10(1 + f / 700), lambda m: 700 * (10 ** (m / 2595) - 1)
    step = (to_mel(p.highest) - to_mel(p.lowest)) / (p.bands + 1)
    edges = [to_hertz(to_mel(p.lowest) + n * step) for n in range(p.bands + 2)]
    bands = np.zeros((loud[-1] + 1 - loud[0], p.bands))
    for n, row in enumerate(rows[loud[0] : loud[-1] + 1]):
        for band in range(p.bands):
            left, peak, right = edges[band : band + 3]
            for k, power in enumerate(row):
                hertz = k * p.sample_rate / p.window
                if left < hertz < right:
                    slope = (hertz - left) / (peak - left) if hertz < peak else (right - hertz) / (right - peak)
                    bands[n, band] += slope * power
    decibel = 10 * np.log10(bands / (p.window * np.sum(window**2) / 4))
    return np.maximum(decibel, decibel.max() - p.depth)


def test_logmel_agrees_with_a_plain_computation(corpus: Path) -> None:
    extractor = make_extractor("audio.logmel")
    clip = clip_of(corpus)
    expected = plain_logmel(clip.sound(RATE), extractor)
    view = extractor.extract(clip)
    assert view.shape == expected.shape
    assert np.abs(view - expected).max() < 1e-3  # dB; single precision
    assert np.abs(10 ** (view / 10) - 10 ** (expected / 10)).max() < 1e-6


def test_logmel_cuts_the_silence_around_the_voice(corpus: Path) -> None:
    assert 35 <= len(make_extractor("audio.logmel").extract(clip_of(corpus))) <= 50  # of 99 rows


def test_logmel_keeps_the_level_in_decibel(tmp_path: Path) -> None:
    tone = np.sin(2 * np.pi * 1_000 * np.arange(RATE) / RATE)
    views = []
    for name, peak in (("loud", 1.0), ("soft", 0.1)):
        soundfile.write(tmp_path / f"{name}.wav", peak * tone, RATE, subtype="FLOAT")
        clip = ClipMedia(clip_id=name, root=tmp_path, audio=f"{name}.wav")
        views.append(make_extractor("audio.logmel").extract(clip))
    assert np.allclose(views[0] - 20, views[1], atol=1e-3)
    assert -3 < views[0].max() <= 0  # a full-scale tone is 0 dB, less what its neighbour bands take


def test_logmel_leaves_at_least_a_third_of_a_second(tmp_path: Path) -> None:
    click = np.zeros(RATE)
    click[8_000:8_040] = 0.5
    soundfile.write(tmp_path / "click.wav", click, RATE)
    soundfile.write(tmp_path / "short.wav", click[7_900:8_100], RATE)
    extractor = make_extractor("audio.logmel")
    assert len(extractor.extract(ClipMedia(clip_id="a", root=tmp_path, audio="click.wav"))) == 15
    assert len(extractor.extract(ClipMedia(clip_id="a", root=tmp_path, audio="short.wav"))) == 1


def test_logmel_refuses_a_silent_clip(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "still.wav", np.zeros(RATE), RATE)
    with pytest.raises(InputError, match="is silent from end to end"):
        make_extractor("audio.logmel").extract(ClipMedia(clip_id="a", root=tmp_path, audio="still.wav"))


# ---- video.face ----


def test_the_crop_follows_the_face(tmp_path: Path) -> None:
    pictures = panned_portrait(60, 2)
    write_video(tmp_path / "pan.mp4", pictures)
    clip = ClipMedia(clip_id="a", root=tmp_path, video="pan.mp4", notes=Counter())
    view = make_extractor("video.face").extract(clip).astype(float)
    assert view.shape == (30, 32, 32)
    assert clip.notes["frames"] == 30
    assert clip.notes["frames without a face"] == 0
    moved = np.abs(pictures[0].astype(float) - pictures[-1]).mean()
    assert np.abs(view[0] - view[-1]).mean() < moved / 4
    for row in view[1:]:
        assert np.corrcoef(view[0].ravel(), row.ravel())[0, 1] > 0.9


def test_a_turned_off_camera_gives_the_centre_square_and_is_counted(tmp_path: Path) -> None:
    ramp = np.tile(np.linspace(0, 250, 96)[None, None, :, None], (25, 64, 1, 3)).astype(np.uint8)
    write_video(tmp_path / "wall.mp4", ramp)
    clip = ClipMedia(clip_id="a", root=tmp_path, video="wall.mp4")
    view = make_extractor("video.face").extract(clip)
    assert clip.notes["frames without a face"] == clip.notes["frames"] == len(view) == 13
    expected = np.linspace(0, 250, 96)[16:80].reshape(32, 2).mean(axis=1)
    assert np.abs(view[5] - expected).max() <= 4


def test_crops_are_area_means_and_go_on_beyond_the_edge() -> None:
    from stf2m_bench.views.video_face import _crops

    picture = np.random.default_rng(0).integers(0, 256, (1, 16, 16)).astype(np.uint8)
    whole = _crops(picture, np.array([[0.0, 0.0]]), 16.0, 4)
    assert np.array_equal(whole[0], np.rint(picture[0].reshape(4, 4, 4, 4).mean(axis=(1, 3))))
    corner = _crops(picture, np.array([[-8.0, -8.0]]), 16.0, 16)
    assert (corner[0, :8, :8] == picture[0, 0, 0]).all()
    assert np.array_equal(corner[0, 8:, 8:], picture[0, :8, :8])


@pytest.mark.skipif(not (SHARED / "CREMA-D/VideoFlash").is_dir(), reason="no CREMA-D clips beside the repository")
def test_real_faces_are_found_in_nearly_every_look() -> None:
    notes: Counter[str] = Counter()
    extractor = make_extractor("video.face")
    for file in sorted((SHARED / "CREMA-D/VideoFlash").glob("*.flv")):
        view = extractor.extract(ClipMedia(clip_id=file.stem, root=file.parent, video=file.name, notes=notes))
        flat = view.reshape(len(view), -1).astype(float)
        assert all(np.corrcoef(flat[0], row)[0, 1] > 0.6 for row in flat)
    assert notes["frames"] > 150
    assert notes["frames without a face"] <= 0.1 * notes["frames"]


# ---- text.hashed ----


def plain_hash(word: str) -> np.ndarray:
    row = np.zeros(128)
    framed = f"<{word}>"
    for gram in [framed[i : i + n] for n in (3, 4, 5) for i in range(len(framed) - n + 1)]:
        code = zlib.crc32(gram.encode("utf-8"))
        row[(code // 2) % 128] += 1 if code % 2 else -1
    return row / np.sqrt((row**2).sum())


def hashed(text: str | None) -> np.ndarray:
    return make_extractor("text.hashed").extract(ClipMedia(clip_id="a", root=Path(), text=text))


def test_words_are_hashed_in_order() -> None:
    view = hashed("Kids are\n talking")
    assert np.allclose(view, [plain_hash(word) for word in ("kids", "are", "talking")], atol=1e-6)


def test_spelling_variants_of_unicode_and_case_are_one_word() -> None:
    assert np.array_equal(hashed("Straße ﬁne É"), hashed("STRASSE fine é"))


def test_related_words_lie_closer_than_unrelated_ones() -> None:
    happy, unhappy, door = hashed("happy unhappy door")
    assert happy @ unhappy > 0.4 > abs(happy @ door)


@pytest.mark.parametrize("text", [None, "", " \n\t "])
def test_empty_text_is_absent(text: str | None) -> None:
    assert hashed(text).shape == (0, 128)


def test_every_row_has_length_one_down_to_one_letter() -> None:
    view = hashed("a I 9 … naïve supercalifragilistic 你好")
    assert np.allclose(np.linalg.norm(view, axis=1), 1)


# ---- signal.window ----


def write_signal(root: Path, seconds: np.ndarray, values: np.ndarray) -> None:
    pd.DataFrame({"seconds": seconds, "eda": values}).to_csv(root / "s.csv", index=False)


def window(root: Path, start: float | None = None, end: float | None = None, channel: str = "eda") -> np.ndarray:
    clip = ClipMedia(clip_id="a", root=root, signal="s.csv", start=start, end=end)
    return make_extractor(f"signal.window:{channel}").extract(clip)


def test_uneven_stamps_are_brought_to_an_even_rate(tmp_path: Path) -> None:
    seconds = np.sort(np.random.default_rng(0).uniform(0, 20, 300))
    seconds[0], seconds[-1] = 0, 20
    write_signal(tmp_path, seconds, 3 * seconds - 1)
    view = window(tmp_path, 4.0, 9.5)
    assert view.shape == (88, 1)
    assert np.allclose(view[:, 0], 3 * (4 + np.arange(88) / 16) - 1, atol=1e-4)
    assert len(window(tmp_path)) == 320


def test_a_short_gap_is_bridged_and_a_long_one_refused(tmp_path: Path) -> None:
    seconds = np.arange(0, 10, 0.1)
    for gap, bridged in ((0.8, True), (1.5, False)):
        values = np.where((seconds > 5) & (seconds < 5 + gap), np.nan, seconds)
        write_signal(tmp_path, seconds, values)
        if bridged:
            assert np.allclose(window(tmp_path, 4.0, 8.0)[:, 0], 4 + np.arange(64) / 16, atol=1e-4)
        else:
            assert len(window(tmp_path, 0.0, 5.0)) == 80
            with pytest.raises(InputError, match=r"s\.csv, channel 'eda': no value from 5\.00 s to 6\.50 s"):
                window(tmp_path, 4.0, 8.0)
        (tmp_path / "s.csv").unlink()


def test_a_gap_counts_whether_values_or_rows_are_missing(tmp_path: Path) -> None:
    seconds = np.r_[np.arange(0, 3, 0.1), np.arange(6, 9, 0.1)]
    write_signal(tmp_path, seconds, seconds)
    with pytest.raises(InputError, match=r"no value from 2\.90 s to 6\.00 s"):
        window(tmp_path, 2.0, 7.0)


def test_a_slow_channel_is_not_taken_for_gaps(tmp_path: Path) -> None:
    write_signal(tmp_path, np.arange(0, 60, 4.0), np.arange(15.0))
    assert np.allclose(window(tmp_path, 8.0, 16.0)[:, 0], 2 + np.arange(128) / 64)


def test_a_stretch_beyond_the_signal_is_refused(tmp_path: Path) -> None:
    write_signal(tmp_path, np.arange(0, 10, 0.1), np.ones(100))
    for start, end in ((50.0, 52.0), (8.0, 12.0)):
        with pytest.raises(InputError, match=r"channel 'eda': no value from (9\.90|50\.00) s to"):
            window(tmp_path, start, end)


def test_an_unknown_channel_names_those_that_there_are(corpus: Path) -> None:
    with pytest.raises(UnknownNameError, match=r"no channel in .*body\.csv called 'gsr'; known: acc, eda, ppg, temp"):
        make_extractor("signal.window:gsr").extract(clip_of(corpus))


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (None, "does not exist"),
        ("time,eda\n0,1\n", "has no column 'seconds' .it has: time, eda."),
        ("seconds,eda\n0,1\n2,1\n1,1\n", "must hold rising times"),
        ("seconds,eda\n", "must hold rising times|not all values are numbers"),
        ("seconds,eda\n0,high\n", "column 'eda': not all values are numbers"),
        ('seconds,eda\n0,"1\n', "cannot be read as CSV"),
    ],
)
def test_a_broken_signal_file_is_named(tmp_path: Path, content: str | None, fault: str) -> None:
    if content is not None:
        (tmp_path / "s.csv").write_text(content)
    with pytest.raises(InputError, match=rf"s\.csv.*({fault})"):
        window(tmp_path)


# ---- imported ----


def imported(root: Path, name: str = "a", **declaration: Any) -> np.ndarray:
    clip = ClipMedia(clip_id=name, root=root, tables={"units": table(**declaration)})
    return make_extractor("imported:units").extract(clip)


def third_field(name: str) -> str:
    return name.split("-")[2]


def test_a_clip_gets_its_row_and_only_the_declared_columns(corpus: Path) -> None:
    assert imported(corpus).tolist() == [[0.5, 2.0]]
    assert imported(corpus, "c", columns=("au2",)).tolist() == [[3.0]]
    assert imported(corpus, "z").shape == (0, 2)


def test_other_separators_parquet_and_other_names_are_read(tmp_path: Path) -> None:
    frame = pd.DataFrame({"name": ["x-y-a", "x-y-b"], "au1": [1, 2], "au2": [3, 4]})
    frame.to_csv(tmp_path / "t.csv", sep=";", index=False)
    frame.to_parquet(tmp_path / "t.parquet")
    expected = [[2.0, 4.0]]
    assert imported(tmp_path, "b", path="t.csv", separator=";", clip_id=third_field).tolist() == expected
    assert imported(tmp_path, "b", path="t.parquet", clip_id=third_field).tolist() == expected


def test_rows_in_time_keep_their_order(tmp_path: Path) -> None:
    pd.DataFrame({"name": list("babab"), "au1": range(5), "au2": range(5, 10)}).to_csv(tmp_path / "t.csv", index=False)
    assert imported(tmp_path, "b", path="t.csv", rate=25.0).tolist() == [[0, 5], [2, 7], [4, 9]]
    with pytest.raises(InputError, match=r"t\.csv, row \d: clip '[ab]' is there a second time"):
        imported(tmp_path, "b", path="t.csv")


def test_a_clip_name_of_digits_keeps_its_zeros(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("name,au1,au2\n007,1,2\n")
    assert imported(tmp_path, "007", path="t.csv").tolist() == [[1.0, 2.0]]


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ("name,au1\na,1\n", r"has no column 'au2' \(it has: name, au1\)"),
        ("who,au1,au2\na,1,2\n", r"has no column 'name'"),
        ("name,au1,au2\na,1,2\nb,1,often\n", r"column 'au2', row 2: 'often' is no finite number"),
        ("name,au1,au2\na,,2\n", r"column 'au1', row 1: 'nan' is no finite number"),
        ("name,au1,au2\na,inf,2\n", r"column 'au1', row 1: 'inf' is no finite number"),
        ("name,au1,au2\n", r"has no rows"),
        (None, r"does not exist"),
    ],
)
def test_a_broken_table_is_named_with_column_and_row(tmp_path: Path, content: str | None, fault: str) -> None:
    if content is not None:
        (tmp_path / "t.csv").write_text(content)
    with pytest.raises(InputError, match=rf"t\.csv.*{fault}"):
        imported(tmp_path, path="t.csv")


def test_a_file_that_is_no_parquet_is_refused(tmp_path: Path) -> None:
    (tmp_path / "t.parquet").write_text("name,au1,au2\na,1,2\n")
    with pytest.raises(InputError, match=r"t\.parquet cannot be read as a table"):
        imported(tmp_path, path="t.parquet")


def test_an_unknown_table_names_those_that_there_are(corpus: Path) -> None:
    with pytest.raises(UnknownNameError, match="no feature table called 'unit'; did you mean units"):
        make_extractor("imported:unit").extract(clip_of(corpus))


EMOTIONS = np.array(["anger", "calm", "fear", "joy", "sadness"])


def telling(values: np.ndarray, emotions: np.ndarray) -> bool:
    return columns_that_tell(values[:, None], ["x"], emotions.tolist()) == ["x"]


@pytest.mark.parametrize("seed", range(5))
def test_a_code_of_the_emotion_tells_whatever_its_numbers(seed: int) -> None:
    rng = np.random.default_rng(seed)
    code = rng.integers(0, 5, 200)
    assert telling(code.astype(float), EMOTIONS[code])
    assert telling(rng.permutation(5)[code] * 3.7 - 9, EMOTIONS[code])
    assert telling(code + rng.normal(0, 0.12, 200), EMOTIONS[code])
    assert telling((code == 2).astype(float), EMOTIONS[code])


@pytest.mark.parametrize("seed", range(5))
def test_a_measurement_does_not_tell(seed: int) -> None:
    rng = np.random.default_rng(seed)
    code = rng.integers(0, 5, 200)
    assert not telling(rng.normal(size=200), EMOTIONS[code])
    assert not telling(code + rng.normal(0, 1, 200), EMOTIONS[code])  # strongly related, still no code
    assert not telling(np.zeros(200), EMOTIONS[code])
    assert not telling(np.where(rng.random(200) < 0.99, 0.0, rng.random(200)), EMOTIONS[code])
    assert not telling(rng.normal(size=60), EMOTIONS[rng.integers(0, 2, 60)])
    assert not telling(np.arange(200.0), EMOTIONS[code])


def test_columns_are_named_in_their_order_and_few_clips_tell_nothing() -> None:
    rng = np.random.default_rng(0)
    code = rng.integers(0, 5, 100)
    values = np.stack([rng.normal(size=100), code, rng.normal(size=100), -code], axis=1)
    assert columns_that_tell(values, ["a", "b", "c", "d"], EMOTIONS[code].tolist()) == ["b", "d"]
    assert columns_that_tell(values[:30], ["a", "b", "c", "d"], EMOTIONS[code[:30]].tolist()) == []


@pytest.mark.skipif(not (SHARED / "RAVDESS/face_action_units").is_dir(), reason="no RAVDESS beside the repository")
@pytest.mark.parametrize(
    ("name", "separator"), [("df_average_AUs_actors_01-12.csv", ";"), ("au_static_mean_actors_01-12.csv", ",")]
)
def test_no_real_action_unit_is_taken_for_a_code(name: str, separator: str) -> None:
    frame = pd.read_csv(SHARED / "RAVDESS/face_action_units" / name, sep=separator)
    units = [column for column in frame.columns if column.startswith("AU")]
    emotions = [third_field(name) for name in frame["name"]]
    assert len(units) == 35
    assert columns_that_tell(frame[units].to_numpy(), units, emotions) == []
    spoilt = frame[units].assign(code=[float(e) for e in emotions])
    assert columns_that_tell(spoilt.to_numpy(), [*units, "code"], emotions) == ["code"]
