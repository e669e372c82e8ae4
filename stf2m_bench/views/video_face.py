"""The face, cut out of each picture: grey, small, in a frame that follows the head."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stf2m_bench.views.base.extractor import Extractor
from stf2m_bench.views.base.media import ClipMedia

Box = tuple[float, float, float]  # centre row, centre column, side; pixels


@dataclass(frozen=True)
class FaceParams:
    """Settings of `video.face`.

    Attributes:
        rate: pictures per second.
        pixels: rows and columns of a crop.
        longest: larger pictures are scaled down to this longer side (pixels) when decoded.
        look_longest: longer side of the pictures in which faces are looked for; a face must fill 24 of its pixels.
        look_every: pictures from one look to the next, at most.
        margin: side of the crop, as a multiple of the detector's box (forehead to chin).
    """

    rate: float = 12.5
    pixels: int = 32
    longest: int = 320
    look_longest: int = 160
    look_every: int = 6
    margin: float = 1.1


class Face(Extractor):
    """Grey crops of the largest face, `[T, 32, 32]` uint8, 12.5 a second.

    Faces are found with local binary patterns (scikit-image's cascade `lbp_frontal_face_cascade_filename`; Liao et
    al. 2007) in the first, the last and at least every `look_every`-th picture: with coarse steps, then with fine
    ones about the place; where the coarse find none, with fine ones everywhere, for a face of at least half the
    picture. One clip has one side (the median of its finds), so that the scale is steady; finds of another size (1.4
    times) are dropped. The centre runs straight from find to find (running medians of three). Each pixel is the mean
    of the area it covers; beyond the picture's edge its last row or column goes on.

    Where no look finds a face, the crop is the picture's centre square. `notes` counts `frames` and
    `frames without a face` (those whose nearest look found none), so that the share can be reported.
    """

    version = 1
    media = ("video",)
    sites = "pixel row"
    dtype = np.uint8
    params = FaceParams()

    def extract(self, clip: ClipMedia) -> NDArray[np.uint8]:
        """`[T, pixels, pixels]` uint8."""
        pictures = clip.frames(self.params.rate, longest=self.params.longest, grey=True)
        if pictures is None:
            return np.zeros((0, self.params.pixels, self.params.pixels), np.uint8)
        last = len(pictures) - 1
        looks = np.rint(np.linspace(0, last, -(-last // self.params.look_every) + 1)).astype(int)
        finds = [_largest_face(pictures[look], self.params) for look in looks]
        found = {int(look): box for look, box in zip(looks, finds, strict=True) if box is not None}
        clip.notes["frames"] += len(pictures)
        nearest = np.abs(np.arange(len(pictures))[:, None] - looks).argmin(axis=1)
        clip.notes["frames without a face"] += sum(finds[look] is None for look in nearest)
        height, width = pictures.shape[1:]
        centres, side = _path(found or {0: (height / 2, width / 2, min(height, width))}, len(pictures))
        side = side * self.params.margin if found else side
        return _crops(pictures, centres - side / 2, side, self.params.pixels)


@lru_cache(maxsize=1)
def _detector() -> Any:
    from skimage.data import lbp_frontal_face_cascade_filename
    from skimage.feature import Cascade

    return Cascade(lbp_frontal_face_cascade_filename())


def _largest_face(picture: NDArray[np.uint8], params: FaceParams) -> Box | None:
    step = -(-max(picture.shape) // params.look_longest)
    small = _shrunk(picture, step)
    face = _find(small, sides=(24, min(small.shape)), neighbours=4, scale_factor=1.25, step_ratio=1.5)
    if face is None:
        half = max(24, min(small.shape) // 2)
        face = _find(small, sides=(half, min(small.shape)), neighbours=1, scale_factor=1.15, step_ratio=1.0)
    else:
        face = _refined(small, face)
    return None if face is None else (face[0] * step, face[1] * step, face[2] * step)


def _refined(picture: NDArray[np.uint8], face: Box) -> Box:
    """The face looked for again about its place with finer steps; as it was where that finds none."""
    row, column, side = face
    top, left = (max(0, round(centre - 0.85 * side)) for centre in (row, column))
    around = picture[top : round(row + 0.85 * side), left : round(column + 0.85 * side)]
    sides = (max(24, round(0.75 * side)), round(1.35 * side))
    finer = _find(around, sides=sides, neighbours=4, scale_factor=1.08, step_ratio=1.0)
    return face if finer is None else (finer[0] + top, finer[1] + left, finer[2])


def _shrunk(picture: NDArray[np.uint8], step: int) -> NDArray[np.uint8]:
    """Means of squares of `step` pixels; what does not fill a square at the lower and right edge is left out."""
    rows, columns = (length // step for length in picture.shape)
    blocks = picture[: rows * step, : columns * step].reshape(rows, step, columns, step)
    return picture if step == 1 else np.rint(blocks.mean(axis=(1, 3))).astype(np.uint8)


def _find(picture: NDArray[np.uint8], *, sides: tuple[int, int], neighbours: int, **steps: float) -> Box | None:
    """The largest face with a side between `sides` that so many neighbouring windows agree on."""
    least, most = sides[0], min(sides[1], *picture.shape)
    faces = _detector().detect_multi_scale(
        img=picture, min_size=(least, least), max_size=(most, most), min_neighbor_number=neighbours, **steps
    )
    if not faces:
        return None
    face = max(faces, key=lambda face: (face["width"], -face["r"], -face["c"]))
    side = float(face["width"])
    return face["r"] + side / 2, face["c"] + side / 2, side


def _path(finds: dict[int, Box], rows: int) -> tuple[NDArray[np.float64], float]:
    """Centres `[rows, 2]` and the one side."""
    looks, boxes = np.array(list(finds)), np.array(list(finds.values()))
    side = float(np.quantile(boxes[:, 2], 0.5, method="higher"))
    alike = np.maximum(boxes[:, 2], side) <= 1.4 * np.minimum(boxes[:, 2], side)
    looks, boxes = looks[alike], boxes[alike]
    steady = _median_of_three(boxes[:, :2])
    centres = [np.interp(np.arange(rows), looks, steady[:, axis]) for axis in range(2)]
    return np.stack(centres, axis=1), side


def _median_of_three(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Running median along the first axis, with Tukey's rule for both ends (Exploratory Data Analysis, 1977, ch. 7)."""
    if len(values) < 3:
        return values
    steady = values.copy()
    steady[1:-1] = np.median([values[:-2], values[1:-1], values[2:]], axis=0)
    for end, next_, after in ((0, 1, 2), (-1, -2, -3)):
        beyond = 3 * steady[next_] - 2 * steady[after]
        steady[end] = np.median([values[end], steady[next_], beyond], axis=0)
    return steady


def _crops(pictures: NDArray[np.uint8], corners: NDArray[np.float64], side: float, pixels: int) -> NDArray[np.uint8]:
    """`[T, pixels, pixels]`: squares of `side` from `corners` `[T, 2]` on, by area means."""
    limits = np.array(pictures.shape[1:])
    first = np.clip(np.floor(corners.min(axis=0)), 0, limits - 1).astype(int)
    stop = np.clip(np.ceil(corners.max(axis=0) + side), first + 1, limits).astype(int)
    part = pictures[:, first[0] : stop[0], first[1] : stop[1]].astype(np.float64)
    down = _shares(corners[:, 0] - first[0], side, pixels, part.shape[1])
    across = _shares(corners[:, 1] - first[1], side, pixels, part.shape[2])
    crops = down @ part @ across.transpose(0, 2, 1)
    return np.rint(crops).astype(np.uint8)


def _shares(starts: NDArray[np.float64], side: float, pixels: int, length: int) -> NDArray[np.float64]:
    """`[T, pixels, length]`: the share that each of `length` picture rows has in each row of the crop."""
    edges = starts[:, None] + side * np.arange(pixels + 1) / pixels
    outer = np.arange(length + 1, dtype=np.float64)
    outer[0], outer[-1] = -np.inf, np.inf
    upper = np.minimum(edges[:, 1:, None], outer[1:])
    lower = np.maximum(edges[:, :-1, None], outer[:-1])
    shares: NDArray[np.float64] = np.maximum(0, upper - lower) * (pixels / side)
    return shares
