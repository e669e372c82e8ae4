"""Pre-training: each view learns to tell the training people's emotions apart, checked on the meta-val people."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Protocol, cast

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from stf2m_bench.episode.training_sides import LabelledClips

BATCH, LEARNING_RATE, WEIGHT_DECAY, PATIENCE = 32, 1e-3, 1e-2, 6


class Classifier(Protocol):
    """A network with a classifier of training emotions a view."""

    def emotion_logits(self, clips: Mapping[str, Tensor], lengths: Mapping[str, Tensor]) -> dict[str, Tensor]: ...


def pretrain(network: nn.Module, train: LabelledClips, val: LabelledClips, *, epochs: int) -> None:
    """Leave the weights of the best epoch by the cross-entropy of meta-val clips; end after six without gain."""
    classifier = cast(Classifier, network)
    optimiser = torch.optim.AdamW(network.parameters(), lr=LEARNING_RATE, weight_decay=WEIGHT_DECAY)
    best, best_state, stale = float("inf"), copy.deepcopy(network.state_dict()), 0
    for _ in range(epochs):
        network.train()
        for some in torch.split(torch.randperm(len(train.labels)), BATCH):
            optimiser.zero_grad()
            torch.autograd.backward(_loss(classifier, train, some))
            optimiser.step()
        network.eval()
        with torch.no_grad():
            loss = float(_loss(classifier, val, torch.arange(len(val.labels))))
        stale = 0 if loss < best else stale + 1
        if loss < best:
            best, best_state = loss, copy.deepcopy(network.state_dict())
        if stale == PATIENCE:
            break
    network.load_state_dict(best_state)


def _loss(classifier: Classifier, clips: LabelledClips, some: Tensor) -> Tensor:
    logits = classifier.emotion_logits(
        {view: array[some] for view, array in clips.clips.items()},
        {view: lengths[some] for view, lengths in clips.lengths.items()},
    )
    return torch.stack([_of_view(found, clips, view, some) for view, found in logits.items()]).mean()


def _of_view(logits: Tensor, clips: LabelledClips, view: str, some: Tensor) -> Tensor:
    here = (clips.lengths[view][some] > 0).to(logits)
    losses = cross_entropy(logits, clips.labels[some], reduction="none")
    return (losses * here).sum() / here.sum().clamp_min(1)
