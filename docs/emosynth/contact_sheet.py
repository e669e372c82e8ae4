"""Draw the contact sheets of generated faces.

The base: people by emotions at the apex, one clip of each emotion over time. The variants: what tells their emotions.

python docs/emosynth/contact_sheet.py docs/emosynth/contact_sheet.png docs/emosynth/variants.png
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from stf2m_bench.datasets.synth.expression import EMOTIONS
from stf2m_bench.datasets.synth.motion import film_recording
from stf2m_bench.datasets.synth.script import ClipScript, Plan, script_recording
from stf2m_bench.datasets.synth.voice import speak_recording

PEOPLE = (0, 1, 2, 5, 8)
STRIP_FRAMES = range(0, 20, 2)
GAP, HEAD, SIDE = 4, 18, 70


def film_clips(plan: Plan, person: int, recording: int) -> dict[str, NDArray[np.uint8]]:
    """The pictures `[T, H, W, 3]` of each emotion's clip in one recording."""
    played = script_recording(plan, person, recording)
    pictures = film_recording(plan, played, speak_recording(plan, played)[1])

    def cut(clip: ClipScript) -> NDArray[np.uint8]:
        return pictures[clip.first : clip.first + clip.frames]

    return {clip.emotion: cut(clip) for clip in played.clips}


def sheet(plan: Plan) -> Image.Image:
    """Rows of people with a column for each emotion; below, rows of emotions over time."""
    step = plan.size + GAP
    rows = len(PEOPLE) + len(EMOTIONS)
    image = Image.new("RGB", (SIDE + step * len(STRIP_FRAMES), 2 * HEAD + step * rows), "white")
    draw = ImageDraw.Draw(image)
    for column, emotion in enumerate(EMOTIONS):
        draw.text((SIDE + step * column, 3), emotion, "black")
    for row, person in enumerate(PEOPLE):
        top = HEAD + step * row
        draw.text((4, top + plan.size // 2), f"person {person + 1}", "black")
        for column, (_, pictures) in enumerate(sorted_clips(film_clips(plan, person, 0))):
            image.paste(Image.fromarray(pictures[len(pictures) // 2]), (SIDE + step * column, top))
    draw.text(
        (4, HEAD + step * len(PEOPLE) + 3),
        "emosynth is synthetic. One clip of each emotion, a picture every 0.16 s",
        "black",
    )
    for row, (emotion, pictures) in enumerate(sorted_clips(film_clips(plan, PEOPLE[0], 1))):
        top = 2 * HEAD + step * (len(PEOPLE) + row)
        draw.text((4, top + plan.size // 2), emotion, "black")
        for column, frame in enumerate(STRIP_FRAMES):
            image.paste(Image.fromarray(pictures[frame]), (SIDE + step * column, top))
    return image


def variants_sheet() -> Image.Image:
    """`temporal` over time, a row for each emotion; `spatial` and `ambiguous` as people by emotions."""
    plan = Plan(variant="temporal")
    step = plan.size + GAP
    rows = 2 * len(EMOTIONS)
    image = Image.new("RGB", (SIDE + step * len(EMOTIONS), 3 * HEAD + step * rows), "white")
    draw = ImageDraw.Draw(image)
    draw.text((4, 3), "emosynth is synthetic. temporal: one expression, its course is the emotion", "black")
    for row, (emotion, pictures) in enumerate(sorted_clips(film_clips(plan, 0, 0))):
        top = HEAD + step * row
        draw.text((4, top + plan.size // 2), emotion, "black")
        for column, frame in enumerate(np.linspace(1, len(pictures) - 2, len(EMOTIONS)).round().astype(int)):
            image.paste(Image.fromarray(pictures[frame]), (SIDE + step * column, top))
    for place, variant in enumerate(("spatial", "ambiguous")):
        first = (1 + place) * HEAD + step * (len(EMOTIONS) + 4 * place)
        draw.text((4, first + 3), f"{variant}: {', '.join(EMOTIONS)}", "black")
        for row, person in enumerate(PEOPLE[:4]):
            top = HEAD + first + step * row
            draw.text((4, top + plan.size // 2), f"person {person + 1}", "black")
            for column, (_, pictures) in enumerate(sorted_clips(film_clips(Plan(variant=variant), person, 0))):
                image.paste(Image.fromarray(pictures[len(pictures) // 2]), (SIDE + step * column, top))
    return image


def sorted_clips(clips: dict[str, NDArray[np.uint8]]) -> list[tuple[str, NDArray[np.uint8]]]:
    """In the order of `EMOTIONS`."""
    return [(emotion, clips[emotion]) for emotion in EMOTIONS]


if __name__ == "__main__":
    for path, made in zip(sys.argv[1:], (sheet(Plan()), variants_sheet()), strict=False):
        made.quantize(96, dither=Image.Dither.NONE).save(Path(path), optimize=True)
