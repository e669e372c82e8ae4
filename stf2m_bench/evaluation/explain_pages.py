"""The folder that `models explain` writes: the rules in words, the pictures, and every number that they show."""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from stf2m_bench.errors import UsageError
from stf2m_bench.evaluation.explain_pictures import pictures, save_picture
from stf2m_bench.evaluation.explanation import Ambiguity, Explanation, Rules
from stf2m_bench.files import replacing_folder

LOOKED_AT = 0.5  # importance from which on a variable is part of a rule's sentence
LOW, HIGH = -0.5, 0.5

INTRODUCTION = """\
The rules speak of variables v1, v2, ... that the model has learned: linear maps of the embedding of one view, in
deviations from the mean of {relative}. They are not things with names, and v1 of one view is not v1 of another.

"THEN towards" tells what the addition of that rule, at its centre, does to the logits of the view's own linear
classifier of training emotions: the two that it raises most, against the mean of all. The model does not take this
step itself: it adds the consequent to the embedding in which queries are compared with classes."""

CHOSEN = """\
The weights of the ways of matching were chosen on these very episodes: the first line flatters a little. Rules, gates
and weights of views, and so all pictures here, are of the matching within the episode."""


def require_new(folder: Path) -> None:
    """Refuse a folder that holds something.

    Raises:
        UsageError: it does.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"{folder} exists already; give an --out that does not.")


def write_explanation(found: Explanation, folder: Path) -> list[str]:
    """Write the folder, whole or not at all; the names of its files.

    Raises:
        UsageError: it holds something already. CouldNotError: matplotlib is not installed, or the disk is full.
    """
    require_new(folder)
    drawn = pictures(found)
    with replacing_folder(folder) as new:
        for name, figure in drawn.items():
            save_picture(figure, new / name)
        numbers = json.dumps(as_json(found), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        (new / "explain.json").write_text(numbers + "\n", encoding="utf-8")
        (new / "rules.md").write_text(as_markdown(found, list(drawn)), encoding="utf-8")
    return sorted(path.name for path in folder.iterdir())


def as_json(found: Explanation) -> dict[str, Any]:
    """Every number that pages and pictures show, to four decimals; None where nothing was seen."""
    plain = _plain(asdict(found) | {"left_out": left_out(found)})
    assert isinstance(plain, dict)
    return plain


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, np.ndarray):
        return _plain(value.tolist())
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, float):
        return round(value, 4) + 0.0 if math.isfinite(value) else None
    return value


def left_out(found: Explanation) -> list[str]:
    """What is not told of this model, and why, as sentences."""
    settings, said = found.settings, []
    if not found.rules:
        kind = "is a control without rules" if settings["fuzzy"] == "mlp" else "has none"
        said.append(f"No rules and memberships: fuzzy={settings['fuzzy']} {kind}.")
    if not found.sites:
        why = "spatial=none sees all sites at once" if settings["site_gate"] else "site_gate=false"
        said.append(f"No gates of sites: {why}.")
    points = [view for view, sites in found.sites.items() if len(sites.mean) == 1]
    if points:
        said.append(f"No picture of the sites of {', '.join(points)}: a single place.")
    if not found.branches:
        why = "no view has time" if settings["temporal"] == "multi" else f"temporal={settings['temporal']} has no gate"
        said.append(f"No weights of dilations over time: {why}.")
    elif timeless := [view for view in found.views if view not in found.branches]:
        said.append(f"No weights of dilations for {', '.join(timeless)}: no time.")
    if found.shares is None:
        said.append("No weights of views: there is one view.")
    if found.ambiguity is None:
        said.append("No comparison with ambiguity: these clips have no votes.")
    return said


def as_markdown(found: Explanation, pictures: list[str]) -> str:
    """The page `rules.md`."""
    synthetic = " (SYNTHETIC data)" if found.synthetic else ""
    relative = "the support of the episode" if found.settings["standardise"] == "support" else "the training people"
    lines = [
        f"# What ST-F2M does on {found.task}{synthetic}",
        "",
        f"Model {found.model}, fold {found.fold}, {found.shot}-shot: {found.episodes} frozen meta-val episodes with"
        f" {found.queries:,} queries; meta-test was not looked at.",
        "",
        *_figures(found),
        *([f"- {said}" for said in left_out(found)] + [""] if left_out(found) else []),
    ]
    if found.rules:
        lines += ["## The rules", "", INTRODUCTION.format(relative=relative), ""]
    for view, rules in found.rules.items():
        lines += _view(view, rules, found)
    lines += ["## Pictures", "", *(f"![{name}]({name})" for name in pictures), ""]
    return "\n".join(lines)


def _figures(found: Explanation) -> list[str]:
    figures = found.figures
    lines = [
        f"- Accuracy {100 * figures.accuracy:.1f}, NLL {figures.nll:.3f}, ECE {figures.ece:.3f}.",
        f"- By the matching within the episode alone: accuracy {100 * figures.episode:.1f}.",
    ]
    return [*lines, *([_ambiguity(found.ambiguity)] if found.ambiguity else []), "", CHOSEN, ""]


def _ambiguity(found: Ambiguity) -> str:
    told = [
        f"{value:+.2f} for {what}"
        for value, what in ((found.rules, "1 - certainty of the rules"), (found.scores, "the entropy of the scores"))
        if value is not None
    ]
    chance = 1.96 / math.sqrt(max(found.clips - 1, 1))
    return (
        f"- Spearman's correlation with the ambiguity of a clip (1 - largest share of its votes), over {found.clips}"
        f" clips: {', '.join(told) or 'nothing varies'}; without any relation 95% lie within ±{chance:.2f}."
    )


def _view(view: str, rules: Rules, found: Explanation) -> list[str]:
    looks = (rules.importances > LOOKED_AT).sum(1)
    how_many = f"{looks.min()} to {looks.max()}" if looks.min() < looks.max() else f"{looks.min()}"
    return [
        f"### {view}",
        "",
        f"What the rules add is {100 * rules.added:.0f}% of the size of the embedding (weight {rules.weight:.2f}); mean"
        f" certainty of firing {rules.certainty:.2f}. The rules look at {how_many} of"
        f" {len(rules.importances[0])} variables (importance above {LOOKED_AT}).",
        "",
        *(f"{number}. {sentence}" for number, sentence in enumerate(sentences(rules, found.emotions), start=1)),
        "",
        "How much each rule fires, percent, over all queries and over those of each true emotion:",
        "",
        *_table(rules, found.emotions),
        "",
    ]


def sentences(rules: Rules, emotions: Any) -> list[str]:
    """Each rule as "IF ... THEN ..."."""
    return [
        f"IF {_antecedent(rules, rule)} THEN {_consequent(rules, rule, emotions)}" for rule in range(len(rules.usage))
    ]


def _antecedent(rules: Rules, rule: int) -> str:
    parts = []
    for variable in np.flatnonzero(rules.importances[rule] > LOOKED_AT):
        if rules.terms is not None:
            parts.append(f"v{variable + 1} is {rules.terms[rule][int(variable)]}")
        else:
            centre = round(float(rules.centres[rule, variable]), 1) + 0.0
            word = "low" if centre < LOW else "high" if centre > HIGH else "medium"
            parts.append(f"v{variable + 1} is about {centre} ({word})")
    return " AND ".join(parts) or "anything"


def _consequent(rules: Rules, rule: int, emotions: Any) -> str:
    if not rules.weight:
        return "nothing is added: the rules have not joined."
    first, second = (int(place) for place in np.argsort(-rules.towards[rule], kind="stable")[:2])
    towards = rules.towards[rule]
    return f"towards {emotions[first]} ({towards[first]:+.2f}), then {emotions[second]} ({towards[second]:+.2f})."


def _table(rules: Rules, emotions: Any) -> list[str]:
    columns = ["all", *emotions]
    rows = [
        [str(rule + 1), *(_percent(share) for share in (rules.usage[rule], *rules.by_emotion[:, rule]))]
        for rule in range(len(rules.usage))
    ]
    return [
        f"| rule | {' | '.join(columns)} |",
        f"| --- |{' ---: |' * len(columns)}",
        *(f"| {' | '.join(row)} |" for row in rows),
    ]


def _percent(share: float) -> str:
    return f"{100 * share:.1f}" if math.isfinite(share) else ""
