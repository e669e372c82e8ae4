"""Faces drawn with NumPy: shapes as signed distances, anti-aliased, painted back to front for all pictures at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stf2m_bench.datasets.synth.expression import ACTIONS
from stf2m_bench.datasets.synth.people import Colour, Look

Floats = NDArray[np.floating[Any]]

_FIELD = 0.95
"""Half the picture, in the unit of the face."""
_SOFT = 1.5
"""Width of an edge in pixels."""
_EYES = (-0.64, 0.14)
_MOUTH = (0.09, 1.0)
"""Rows (share of half the picture from its centre) in which brows and eyes, nose and mouth are drawn."""


@dataclass(frozen=True, kw_only=True)
class Light:
    """Where light comes from (right, down), how strong it is, and the camera's noise."""

    right: float
    down: float
    gain: float
    noise: float


@dataclass(eq=False)
class _Canvas:
    """Some rows of the pictures `[T, h, W, 3]`, with the coordinates `[T, h, W]` of the head in them."""

    pixels: Floats
    x: Floats
    y: Floats
    pixel: float

    def rows(self, rows: tuple[float, float]) -> _Canvas:
        height = self.pixels.shape[1]
        first, last = (int((share + 1) / 2 * height) for share in rows)
        cut = (slice(None), slice(first, last))
        return _Canvas(self.pixels[cut], self.x[cut], self.y[cut], self.pixel)

    def paint(self, distance: Floats, colour: Colour | Floats, opacity: float | Floats = 1.0) -> None:
        """Colour where `distance < 0`."""
        alpha = np.clip(0.5 - distance / self.pixel, 0, 1) * opacity
        self.blend(alpha, colour)

    def blend(self, alpha: Floats, colour: Colour | Floats) -> None:
        self.pixels += alpha[..., None] * (np.asarray(colour, np.float32) - self.pixels)


def draw(look: Look, motion: Floats, light: Light, *, size: int, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Pictures `[T, size, size, 3]` of one face.

    Args:
        motion: `[T, actions + 1]` in the order of `ACTIONS`, then the blink in [0, 1].
    """
    pictures = np.empty((len(motion), size, size, 3), np.uint8)
    noise = rng.normal(0, light.noise, (size, size, 1)).astype(np.float32)
    for first in range(0, len(motion), 16):
        pixels = _draw_some(look, motion[first : first + 16], light, size)
        for i, picture in enumerate(pixels):
            shift = (37 * (first + i)) % size
            picture += np.roll(noise, (shift, 2 * shift), (0, 1))
        pictures[first : first + 16] = (np.clip(pixels, 0, 1) * 255 + 0.5).astype(np.uint8)
    return pictures


def _draw_some(look: Look, motion: Floats, light: Light, size: int) -> Floats:
    act = {name: motion[:, i, None, None] for i, name in enumerate((*ACTIONS, "blink"))}
    at = (_FIELD * ((np.arange(size) + 0.5) / size * 2 - 1)).astype(np.float32)
    x = np.broadcast_to(at, (len(motion), size, size)) - 0.04 * act["yaw"]
    y = np.broadcast_to(at[:, None], (len(motion), size, size)) + 0.04 * act["pitch"]
    turn = 0.09 * act["roll"]
    x, y = x + turn * (y - 0.6), y - turn * x
    canvas = _Canvas(np.empty((len(motion), size, size, 3), np.float32), x, y, _SOFT * 2 * _FIELD / size)
    _backdrop(canvas, look, light, at)
    _head(canvas, look, act)
    features = _Canvas(canvas.pixels, x - 0.07 * act["yaw"], y + 0.06 * act["pitch"], canvas.pixel)
    _eyes(features.rows(_EYES), look, act)
    _nose_and_mouth(features.rows(_MOUTH), look, act)
    if look.glasses:
        _glasses(features.rows(_EYES), look)
    shade = light.gain * (1 + light.right * canvas.x + light.down * canvas.y)
    lit: Floats = canvas.pixels * shade[..., None]
    return lit


def _backdrop(canvas: _Canvas, look: Look, light: Light, at: Floats) -> None:
    wall = np.asarray(look.wall, np.float32) * (1 + 0.12 * at[:, None, None] * np.sign(light.right))
    canvas.pixels[:] = wall
    low = canvas.rows((0.5, 1.0))
    low.paint(np.maximum(np.abs(low.x) - 0.2, 0.4 - low.y), _times(look.skin, 0.82))
    low.paint((low.x / 0.95) ** 2 + ((low.y - 1.05) / 0.4) ** 2 - 1, look.shirt)


def _head(canvas: _Canvas, look: Look, act: dict[str, Floats]) -> None:
    x, y = canvas.x, canvas.y
    width, height = look.head_width, look.head_height
    hair = np.hypot(x / (width + 0.1), (y + 0.08) / (height + 0.08)) - 1
    curtain = np.maximum(np.abs(x) - width - 0.07, np.maximum(-y - 0.1, y - look.hair_length))
    canvas.paint(np.minimum(hair * width, curtain) + 2 * np.maximum(y - look.hair_length, 0), look.hair)
    down = np.maximum(y, 0)
    chin = height + 0.07 * np.maximum(act["jaw"], 0)
    narrow = width * (1 - 0.22 * (down / height) ** 2)
    face = (np.hypot(x / narrow, y / np.where(y > 0, chin, height)) - 1) * width
    canvas.paint(face, look.skin)
    edge = np.clip(1 + face / 0.2, 0, 1) * (face < 0)
    canvas.blend((0.25 * edge**2).astype(np.float32), _times(look.skin, 0.55))
    fringe = np.maximum(face, y - look.fringe - 0.12 * (x / width) ** 2 + 0.05 * x)
    canvas.paint(fringe, look.hair)
    if look.beard:
        canvas.paint(np.maximum(face, 0.28 + 0.2 * (1 - np.abs(x) / width) ** 2 - y), look.hair, look.beard)


def _eyes(canvas: _Canvas, look: Look, act: dict[str, Floats]) -> None:
    x, y = np.abs(canvas.x), canvas.y + 0.1
    across = (x - look.eye_gap) / look.eye_width
    arch = np.maximum(1 - across**2, -1)
    canvas.blend((0.22 * np.exp(-(across**2) / 2 - (y / 0.13) ** 2)).astype(np.float32), _times(look.skin, 0.4))
    squint = np.clip(1 - 0.45 * act["lid_tight"] - 0.3 * act["cheek"], 0.25, 1.3)
    upper = (
        look.eye_height * np.clip(squint + 0.75 * act["lid_raise"] - 0.6 * act["droop"], 0.12, 2.2) * (1 - act["blink"])
    )
    lower = 0.7 * look.eye_height * np.clip(squint + 0.2 * act["lid_raise"], 0.2, 1.3)
    lower = lower * (1 - 0.7 * act["blink"])
    inside = np.maximum(np.maximum(-y - upper * arch, y - lower * arch), (np.abs(across) - 1) * look.eye_width)
    canvas.paint(inside, (0.95, 0.95, 0.93))
    sideways = (canvas.x - np.sign(canvas.x) * look.eye_gap) - 0.03 * act["yaw"]
    ball = np.hypot(sideways, y - 0.035 * act["gaze"])
    canvas.paint(np.maximum(inside, ball - 0.062), look.iris)
    canvas.paint(np.maximum(inside, ball - 0.032), (0.03, 0.03, 0.04))
    lid = np.maximum(np.abs(y + upper * arch) - 0.016, (np.abs(across) - 1.05) * look.eye_width)
    canvas.paint(lid, _times(look.hair, 0.4), 0.9)
    bag = np.maximum(np.abs(y - lower * arch - 0.03) - 0.008, (np.abs(across) - 0.9) * look.eye_width)
    canvas.paint(bag, _times(look.skin, 0.5), np.clip(0.5 * act["cheek"] + 0.3 * act["lid_tight"], 0, 0.7))
    _brows(canvas, look, act, x, y)


def _brows(canvas: _Canvas, look: Look, act: dict[str, Floats], x: Floats, y: Floats) -> None:
    across = (x - look.eye_gap + 0.035 * act["brow_lower"]) / (1.25 * look.eye_width)
    inner, outer = (1 - across) / 2, (1 + across) / 2
    lift = 0.13 * act["inner_brow"] * inner**2 + 0.11 * act["outer_brow"] * outer + 0.03 * (1 - across**2)
    drop = act["brow_lower"] * (0.03 + 0.1 * inner)
    middle = np.maximum(y + look.brow_height + lift - drop, -0.5)
    brow = np.maximum(np.abs(middle) - look.brow_thickness * (1.2 - 0.4 * across), (np.abs(across) - 1) * 0.16)
    canvas.paint(brow, _times(look.hair, 0.7), 0.95)
    furrow = np.maximum(np.abs(x - 0.035) - 0.01, np.abs(y + look.brow_height - 0.02) - 0.06)
    canvas.paint(furrow, _times(look.skin, 0.45), np.clip(0.8 * act["brow_lower"], 0, 0.8))
    wrinkle = np.maximum(np.abs(np.abs(y) - 0.03) - 0.009, x - 0.07)
    canvas.paint(wrinkle, _times(look.skin, 0.5), np.clip(0.8 * act["nose"], 0, 0.85))


def _nose_and_mouth(canvas: _Canvas, look: Look, act: dict[str, Floats]) -> None:
    x, y = np.abs(canvas.x), canvas.y
    dark = _times(look.skin, 0.5)
    nose = 0.2 - 0.035 * act["nose"]
    canvas.paint(np.hypot((x - 0.05) / 1.4, y - nose) - 0.026, dark, 0.8)
    fold_at = 0.13 + 0.45 * (y - 0.14) + 0.03 * act["smile"]
    fold = np.maximum(np.abs(x - fold_at) - 0.011, np.abs(y - 0.27) - 0.13)
    canvas.paint(fold, dark, np.clip(0.4 * act["smile"] + 0.6 * act["nose"] + 0.3 * act["upper_lip"], 0, 0.75))

    spread = 1 + 0.28 * act["smile"] + 0.3 * act["stretch"] - 0.18 * act["press"] - 0.22 * act["jaw"]
    width = look.mouth_width * np.clip(spread, 0.55, 1.6)
    across = x / width
    arch = np.maximum(1 - across**2, -1)
    bend = (0.12 * act["frown"] - 0.13 * act["smile"]) * (np.minimum(across, 1.3) ** 2 - 0.4)
    middle = look.mouth_height + bend - 0.035 * act["upper_lip"] * arch
    up = np.maximum(0.02 * act["jaw"] + 0.035 * act["upper_lip"] + 0.02 * act["stretch"] + 0.02 * act["smile"], 0.004)
    down = np.maximum(0.2 * act["jaw"] + 0.05 * act["stretch"] + 0.02 * act["upper_lip"] + 0.045 * act["smile"], 0.004)
    lip = look.lip * np.clip(1 - 0.75 * act["press"], 0.15, 1.3)
    side = (across - 1) * width
    outline = np.maximum(middle - (up + lip) * arch - y, y - middle - (down + 1.3 * lip) * arch)
    red = np.asarray(look.skin) * (0.8, 0.5, 0.5)
    canvas.paint(np.maximum(outline, side), (float(red[0]), float(red[1]), float(red[2])))
    inside = np.maximum(np.maximum(middle - up * arch - y, y - middle - down * arch), side)
    line = np.maximum(np.abs(y - middle) - 0.011, side)
    canvas.paint(np.minimum(inside, line), (0.12, 0.03, 0.04))
    teeth = np.maximum(inside, y - middle + up * arch - 0.05)
    canvas.paint(teeth, (0.93, 0.92, 0.88))


def _glasses(canvas: _Canvas, look: Look) -> None:
    x, y = np.abs(canvas.x), canvas.y + 0.1
    frame = np.abs(np.hypot((x - look.eye_gap) / 1.15, y) - 0.17) - 0.013
    bridge = np.maximum(np.abs(y + 0.02) - 0.012, x - look.eye_gap + 0.18)
    canvas.paint(np.minimum(frame, bridge), (0.1, 0.1, 0.12), 0.85)


def _times(colour: Colour, factor: float) -> Colour:
    return (colour[0] * factor, colour[1] * factor, colour[2] * factor)
