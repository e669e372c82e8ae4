"""The pictures of what a trained ST-F2M does, 9 inches wide. Needs matplotlib."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from stf2m_bench.errors import CouldNotError
from stf2m_bench.evaluation.explanation import Branches, Explanation, Rules, Sites

_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")  # Okabe & Ito, for any eye
_GREY, _WIDTH, _DPI = "#b5b5b5", 9.0, 120
HIGHLIGHTED = 4
COLOURS = 64


def require_matplotlib() -> Any:
    """The class `Figure`.

    Raises:
        CouldNotError: matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise CouldNotError("Pictures need matplotlib; install it: pip install 'stf2m-bench[plots]'.") from error
    return Figure


def pictures(found: Explanation) -> dict[str, Any]:
    """File name -> figure, of all that this model has."""
    drawn = {}
    for view, rules in found.rules.items():
        drawn[f"memberships-{re.sub('[^A-Za-z0-9._]+', '-', view)}.png"] = _memberships(view, rules, found)
    if found.rules:
        drawn["rules-by-emotion.png"] = _rules_by_emotion(found)
    if sites := {view: one for view, one in found.sites.items() if len(one.mean) > 1}:
        drawn["sites.png"] = _sites(sites, found)
    if found.branches:
        drawn["time.png"] = _time(found)
    if found.shares is not None:
        drawn["views.png"] = _views(found)
    return drawn


def save_picture(figure: Any, path: Path) -> None:
    """Write a figure as a PNG of a few colours, a third of its size."""
    from PIL import Image

    drawn = io.BytesIO()
    figure.savefig(drawn, format="png")
    Image.open(drawn).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)


def _figure(title: str, found: Explanation, height: float) -> Any:
    figure = require_matplotlib()(figsize=(_WIDTH, height), dpi=_DPI, layout="constrained")
    synthetic = "  [SYNTHETIC data]" if found.synthetic else ""
    seen = f"{found.task}, fold {found.fold}, {found.shot}-shot, meta-val{synthetic}"
    figure.suptitle(f"{_plain(title)}\n{seen}", fontsize=10)
    return figure


def _panels(figure: Any, count: int, columns: int) -> list[Any]:
    """`count` panels in rows of `columns`; places that are left over stay empty."""
    rows = -(-count // columns)
    panels = list(figure.subplots(rows, columns, squeeze=False).flat)
    for left in panels[count:]:
        left.set_visible(False)
    return panels[:count]


def _tidy(axes: Any) -> None:
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=8)


def _memberships(view: str, rules: Rules, found: Explanation) -> Any:
    """A panel a variable: a curve a term, or a rule, of which those that fire most are coloured."""
    variables = rules.curves.shape[2]
    figure = _figure(f"{view}: memberships of the learned variables", found, 0.9 + 1.7 * -(-variables // 4))
    names = _curves(rules)
    lines: dict[str, Any] = {}
    for variable, axes in enumerate(_panels(figure, variables, 4)):
        lower, _, upper = rules.quantiles[:, variable]
        lines["90% of queries"] = axes.axvspan(max(lower, -3), min(upper, 3), color="#000000", alpha=0.06, linewidth=0)
        for curve, (name, style) in names.items():
            narrow, wide = rules.curves[0, curve, variable], rules.curves[-1, curve, variable]
            dotted = rules.terms is None and rules.importances[curve, variable] <= 0.5
            if len(rules.curves) > 1:
                axes.fill_between(rules.grid, narrow, wide, color=style["color"], alpha=0.3, linewidth=0)
            line = axes.plot(rules.grid, (narrow + wide) / 2, linestyle=":" if dotted else "-", **style)[0]
            lines.setdefault(name, line)
        axes.set_title(f"v{variable + 1}", fontsize=9)
        axes.set(xlim=(-3, 3), ylim=(0, 1.05), xticks=(-2, 0, 2), yticks=(0, 0.5, 1))
        _tidy(axes)
    figure.supylabel("membership", fontsize=8)
    axis = "value of the variable, in deviations"
    axis += "" if rules.terms else "; dotted: the rule does not look at it"
    axis += "; shaded: from the narrow to the wide membership" if len(rules.curves) > 1 else ""
    legend = figure.legend(lines.values(), lines.keys(), loc="outside lower center", ncols=6, fontsize=8, frameon=False)
    legend.set_title(axis, prop={"size": 8})
    return figure


def _curves(rules: Rules) -> dict[int, tuple[str, dict[str, Any]]]:
    """Number of a curve -> its name and style, the grey ones first."""
    if rules.terms is not None:
        return {n: (name, {"color": _COLOURS[n], "linewidth": 1.6}) for n, name in enumerate(("low", "medium", "high"))}
    order = [int(rule) for rule in np.argsort(-rules.usage, kind="stable")]
    others = {rule: ("other rules", {"color": _GREY, "linewidth": 0.7}) for rule in order[HIGHLIGHTED:]}
    return others | {
        rule: (f"rule {rule + 1} ({100 * rules.usage[rule]:.0f}%)", {"color": _COLOURS[place], "linewidth": 1.6})
        for place, rule in enumerate(order[:HIGHLIGHTED])
    }


def _rules_by_emotion(found: Explanation) -> Any:
    views, emotions = list(found.rules), [_plain(emotion) for emotion in found.emotions]
    rows = -(-len(views) // 2)
    figure = _figure(
        "How much each rule fires, by the true emotion of the query", found, 1.1 + rows * (0.7 + 0.21 * len(emotions))
    )
    panels = _panels(figure, len(views), min(2, len(views)))
    top = max(float(np.nanmax(rules.by_emotion)) for rules in found.rules.values())
    for axes, view in zip(panels, views, strict=True):
        image = axes.imshow(found.rules[view].by_emotion, cmap="cividis", vmin=0, vmax=top, aspect="auto")
        count = len(found.rules[view].usage)
        axes.set_xticks(range(count), [str(rule + 1) for rule in range(count)])
        axes.set_yticks(range(len(emotions)), emotions)
        axes.set_title(_plain(view), fontsize=9)
        axes.set_xlabel("rule", fontsize=8)
        axes.tick_params(labelsize=8)
    bar = figure.colorbar(image, ax=panels, shrink=0.8)
    bar.set_label(f"mean firing (even: {1 / count:.3f})", fontsize=8)
    bar.ax.tick_params(labelsize=8)
    return figure


def _sites(sites: dict[str, Sites], found: Explanation) -> Any:
    figure = _figure(
        "How far the gate of each site is open: mean over episodes", found, 0.8 + 2.7 * -(-len(sites) // 2)
    )
    for axes, (view, one) in zip(_panels(figure, len(sites), min(2, len(sites))), sites.items(), strict=True):
        axes.set_title(f"{_plain(view)}: {one.mean.min():.3f} to {one.mean.max():.3f}", fontsize=9)
        if one.kind == "grid":
            _grid(axes, one, figure)
        else:
            _bars(axes, one)
    return figure


def _grid(axes: Any, sites: Sites, figure: Any) -> None:
    side = round(len(sites.mean) ** 0.5)
    mean = sites.mean.reshape(side, side)
    image = axes.imshow(mean, cmap="cividis", vmin=0, vmax=1)
    for (row, column), value in np.ndenumerate(mean):
        axes.text(
            column, row, f"{value:.3f}", ha="center", va="center", fontsize=8, color="white" if value < 0.5 else "black"
        )
    axes.set_xticks([])
    axes.set_yticks([])
    axes.set_xlabel("patches of the picture, as they lie in it", fontsize=8)
    figure.colorbar(image, ax=axes, shrink=0.8).ax.tick_params(labelsize=8)


def _bars(axes: Any, sites: Sites) -> None:
    numbers = np.arange(1, len(sites.mean) + 1)
    axes.bar(numbers, sites.mean, yerr=sites.deviation, color=_COLOURS[0], ecolor="black", capsize=2)
    ordered = "neighbouring " if sites.kind == "line" else ""
    axes.set_xlabel(f"{ordered}{_plain(sites.what)}s, in their order (line: deviation over episodes)", fontsize=8)
    axes.set_ylabel("gate (0 shut, 1 open)", fontsize=8)
    axes.set_ylim(0, 1)
    axes.locator_params(axis="x", integer=True)
    _tidy(axes)


def _time(found: Explanation) -> Any:
    """A row a view, a column a layer."""
    views = found.branches
    layers = len(next(iter(views.values())).weights)
    figure = _figure(
        "How much each dilation of the temporal convolution counts: mean over clips", found, 1 + 1.7 * len(views)
    )
    panels = figure.subplots(len(views), layers, squeeze=False, sharey=True)
    top = 1.1 * max(float(one.weights.max()) for one in views.values())
    lines: list[Any] = []
    for row, (view, one) in zip(panels, views.items(), strict=True):
        for layer, axes in enumerate(row):
            lines = _dilations(axes, one, layer)
            axes.set_title(f"{_plain(view)}, layer {layer + 1}", fontsize=9)
        row[0].set_ylabel("mean weight", fontsize=8)
        row[0].set_ylim(0, top)
    names = [f"dilation {dilation}: this step and {dilation} before and after" for dilation in one.dilations]
    figure.legend(lines, names, loc="outside lower center", ncols=3, fontsize=8, frameon=False)
    return figure


def _dilations(axes: Any, branches: Branches, layer: int) -> list[Any]:
    step = branches.seconds or 1.0
    times = (np.arange(len(branches.clips)) + 0.5) * step
    axes.axhline(1 / len(branches.dilations), color=_GREY, linewidth=1)
    lines = [
        axes.plot(times, branches.weights[layer, :, place], color=_COLOURS[place], linewidth=1.6)[0]
        for place in range(len(branches.dilations))
    ]
    unit = f"seconds from the clip's start (a step is {step:.3g} s)" if branches.seconds else "steps (no rate is known)"
    axes.set_xlabel(unit, fontsize=8)
    _tidy(axes)
    return lines


def _views(found: Explanation) -> Any:
    shares = found.shares
    assert shares is not None
    figure = _figure(
        "What each view counts in the scores within the episode", found, 1.6 + 0.28 * (len(found.emotions) + 1)
    )
    left, right = figure.subplots(1, 2, width_ratios=(1.7, 1))
    names = ["all", *found.emotions]
    _stacked(left, np.vstack([shares.mean, shares.by_emotion]), names)
    left.set_xlabel("mean share, by the true emotion of the query (percent)", fontsize=8)
    right.barh(range(len(found.views)), 100 * shares.leads, color=[_colour(n) for n in range(len(found.views))])
    for place, value in enumerate(shares.leads):
        right.text(100 * value + 1, place, f"{100 * value:.0f}", va="center", fontsize=8)
    right.set_yticks(range(len(found.views)), [_plain(view) for view in found.views])
    right.set_xlabel("queries of which the view counts most (percent)", fontsize=8)
    right.set_xlim(0, 110)
    for axes in (left, right):
        axes.invert_yaxis()
        _tidy(axes)
    views = [_plain(view) for view in found.views]
    figure.legend(left.containers, views, loc="outside lower center", ncols=4, fontsize=8, frameon=False)
    return figure


def _stacked(axes: Any, shares: Any, names: Sequence[str]) -> None:
    start = np.zeros(len(names))
    for place, values in enumerate(100 * shares.T):
        ink = "white" if place % len(_COLOURS) < 3 else "black"  # the later colours are light
        axes.barh(range(len(names)), values, left=start, color=_colour(place), edgecolor="white")
        for row, value in enumerate(values):
            if value >= 6:
                axes.text(start[row] + value / 2, row, f"{value:.0f}", ha="center", va="center", fontsize=8, color=ink)
        start = start + values
    axes.set_yticks(range(len(names)), [_plain(name) for name in names])
    axes.set_xlim(0, 100)


def _colour(place: int) -> str:
    return _COLOURS[place % len(_COLOURS)]


def _plain(text: str) -> str:
    """Text that matplotlib shows as it is: no mathematics between dollar signs."""
    return text.replace("$", r"\$")
