"""Training clips told in another way, and convolutions in fewer bits."""

from __future__ import annotations

import pytest
import torch
from test_model import built, views

from stf2m_bench.models.base.mock import MockSides
from stf2m_bench.models.stf2m_parts.augmentation import augmented

LENGTHS = torch.tensor([40, 12, 1, 0])


def clips() -> torch.Tensor:
    """Row t of clip u holds 100 u + t in every number, so that it tells where it comes from; padding is zero."""
    rows = torch.arange(40.0).unsqueeze(0) + 100 * torch.arange(4.0).unsqueeze(1)
    return (rows * (torch.arange(40) < LENGTHS[:, None])).unsqueeze(2).expand(4, 40, 10).clone()


def test_rows_keep_their_order_and_come_from_their_clip() -> None:
    torch.manual_seed(0)
    for _ in range(20):
        found, counts = augmented({"audio": clips()}, {"audio": LENGTHS})
        for clip, count in enumerate(counts["audio"].tolist()):
            rows = found["audio"][clip, :count, 0]
            inside = rows[(rows - rows.round()).abs() < 1e-6]
            assert (inside.diff() >= 0).sum() >= len(inside) - 3
            if LENGTHS[clip]:
                assert 100 * clip <= rows.min()
                assert rows.max() < 100 * clip + LENGTHS[clip]


def test_clips_get_longer_and_shorter_but_neither_vanish_nor_appear() -> None:
    torch.manual_seed(0)
    counts = torch.stack([augmented({"a": clips()}, {"a": LENGTHS})[1]["a"] for _ in range(200)])
    assert counts.max() <= 40
    assert counts[:, 1].min() < 10
    assert counts[:, 1].max() > 12
    assert (counts[:, 2] == 1).all()
    assert not counts[:, 3].any()


def test_a_clip_of_one_row_and_the_given_tensors_stay_as_they_are() -> None:
    alone, before = torch.randn(3, 1, 5), clips()
    given = {"au": alone, "audio": before.clone()}
    found, _ = augmented(given, {"au": torch.ones(3).long(), "audio": LENGTHS})
    assert found["au"] is alone
    assert torch.equal(given["audio"], before)


@pytest.mark.parametrize("shot", [1, 5])
def test_convolutions_in_bf16_say_nearly_the_same_in_float32(shot: int) -> None:
    problem, _ = next(MockSides(views(), 0).problems(shot, count=4, batch=4))
    with torch.no_grad():
        exact = built(precision="float32").network(problem).logits
        rough = built(precision="bf16").network(problem).logits
    assert rough.dtype == torch.float32
    assert 0 < (exact - rough).abs().max() < 0.1 * exact.std()
