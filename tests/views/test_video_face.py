"""`video.face`: the crop follows the face."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from small_media import panned_portrait, write_video

from stf2m_bench.views.base.extractor import make_extractor
from stf2m_bench.views.base.media import ClipMedia

SHARED = Path(__file__).parents[2] / "../shared/data"


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
