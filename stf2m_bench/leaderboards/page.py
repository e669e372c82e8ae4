"""The page of one board in Markdown: the ranking, the shortcuts, the emotions, the people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from stf2m_bench.leaderboards.board import Row, has_no_result, is_synthetic, models_of, people_tested, verdict
from stf2m_bench.leaderboards.by_group import group_lines
from stf2m_bench.leaderboards.raters import NO_INTERVALS, RaterIntervals, rater_lines
from stf2m_bench.leaderboards.render import LEFT, escape, table, table_line, uar_cell
from stf2m_bench.leaderboards.standing import smallest_difference
from stf2m_bench.leaderboards.task_card import card_lines
from stf2m_bench.scoring.intervals import FEW_PEOPLE, FEWEST_PEOPLE
from stf2m_bench.tasks.protocol import Protocol
from stf2m_bench.tasks.task import Task, task_names

SYNTHETIC = (
    "> **Synthetic data.** Faces, voices, words and signals are generated. These figures say nothing about how well a"
    " model reads people."
)
CONTROL = "> **Control task.** Shown for what it is, not ranked; the section on shortcuts says why."
DECLARED = "> **Control task.** Its task file declares it descriptive: shown for what it is, not ranked."
NO_RESULT = (
    "> **No result yet.** Nobody has scored a model or a shortcut probe on this task. It is ranked once models were"
    " shown to stand above the shortcuts."
)
ADAPTATION = (
    "Test emotions occur in training: this board measures adaptation to new people, not the learning of new emotions."
)
STIMULI = (
    "What is shown at the queries is shown in neither support nor training: a model that recognises the stimulus gains"
    " nothing."
)
NESTED = " The queries are the same at every number of shots, and few shots begin the more."
NEW_EMOTIONS = "Test emotions do not occur in training: this board measures the learning of new emotions."
UNKNOWN_PEOPLE = (
    "Nobody says whose clips these are: no figure speaks of new people, nothing is tested, all of it is descriptive."
)
REFERENCE = (
    " Reference rows (told the emotion names, or matching the support to training classes) show what can be had"
    " without learning from the shots."
)
INTERVAL = (
    "UAR is the mean recall over emotions, in percent, averaged over folds. ± is the 95% interval for *new people*,"
    " who ask and support (two-role t interval, given the trained weights); *rough* marks fewer than 12 people."
    " Without ± there are fewer than 6 people, or too few in a fold to tell the two roles apart. Folds (lowest and"
    " highest UAR), accuracy, macro-F1 and NLL (nats) are of the largest shot; ms is time per problem. Seeds: lowest"
    " and highest UAR of so many trainings; the state is the weakest of theirs, every other figure is of the first."
)
TIER = (
    "Tier, at each shot in turn: rows of one tier are *not separated* from its leader by the paired test (p < 0.05,"
    " Holm's correction over all pairs of rows); this does not say that they are equal."
)
NO_SHORTCUT = (
    "No shortcut applies to this task: each one is unknown here, or the same for every clip. `probe.none` sees nothing."
)
_SHOWN_PEOPLE = 30
_AXES = {"valence": "valence", "arousal": "arousal", "quadrant": "valence and arousal"}
LAST_LINE = "Generated from `results/` by `stf2m-bench leaderboards build`; edit nothing here."


def to_markdown(rows: Sequence[Row], task: Task, rater_intervals: RaterIntervals = NO_INTERVALS) -> str:
    """The board's page; see `raters.rater_intervals`."""
    protocol = task.protocol
    shown = [row for row in rows if row.kind != "probe"]
    lines = [f"# {escape(protocol.title)}", ""]
    lines += [SYNTHETIC, ""] if is_synthetic(task) else []
    if has_no_result(rows):
        lines += [NO_RESULT, ""]
    else:
        lines += [] if verdict(rows, task).ranked else [CONTROL if protocol.ranked else DECLARED, ""]
    lines += [f"> Superseded by `{protocol.superseded_by}`.", ""] if protocol.superseded_by else []
    lines += [_protocol_line(task), ""]
    lines += _board_table(shown, list(protocol.shots))
    lines += ["", INTERVAL, "", *_tier_lines(rows, task), *_unknown_people(rows, task)]
    lines += [STIMULI, ""] if protocol.track == "new-stimuli" else []
    what = NEW_EMOTIONS if protocol.track == "new-emotions" else ADAPTATION
    lines += [what + (REFERENCE if any(row.kind == "reference" for row in rows) else ""), ""]
    lines += [*_shortcuts(rows, task), *rater_lines(shown, task, rater_intervals)]
    lines += [*_emotions(rows, task), *group_lines(rows, task), *_people(rows, task)]
    if protocol.reference:
        lines += ["## Published figures", "", "By other protocols, not comparable:", ""]
        lines += [f"- {one.value:g}: {escape(one.source)} ({escape(one.protocol)})" for one in protocol.reference]
        lines += [""]
    lines += card_lines(task)
    what = f"leaderboards/results/{task.name}/MODEL.json"
    what += "" if task.name in task_names() else f" --task {task.name}.toml"
    lines += ["## Check a row", "", "Without media and without torch:", ""]
    lines += ["```", f"stf2m-bench results check {what}", f"stf2m-bench results rescore {what}", "```", ""]
    return "\n".join([*lines, LAST_LINE, ""])


def _protocol_line(task: Task) -> str:
    protocol = task.protocol
    *fewer, most = map(str, protocol.shots)
    shots = f"{', '.join(fewer)} and {most}" if fewer else most
    folds = "1 fold" if len(protocol.folds) == 1 else f"{len(protocol.folds)} folds"
    return (
        f"`{task.name}` version {protocol.version}, track {protocol.track}: {protocol.ways}-way, {shots} shots,"
        f" {protocol.queries} queries per {_class(protocol)}, {protocol.episodes:,} episodes a shot over"
        f" {folds}; {len(protocol.emotions)} {_classes(protocol)},"
        f" {f'{people_tested(task)} people tested' if task.people_known else 'people unknown'}."
        f"{_trained_on(protocol.training_emotions)}{_read_as(protocol)}"
        f"{f' {escape(str(protocol.rated))}' if protocol.votes else ''}"
        f"{NESTED if protocol.nested else ''}"
        f" Views: {', '.join(f'`{view}`' for view in protocol.views)}. Frozen episodes `{protocol.frozen[:12]}`."
    )


def _class(protocol: Protocol) -> str:
    """What one class is called."""
    return "emotion" if protocol.label == "emotion" else "class"


def _classes(protocol: Protocol) -> str:
    """What several classes are called."""
    return "emotions" if protocol.label == "emotion" else "classes"


def _trained_on(emotions: Sequence[str]) -> str:
    return f" None of these emotions was trained on, but {', '.join(emotions)}." if emotions else ""


def _read_as(protocol: Protocol) -> str:
    """What classes and clips are, where they are no emotions and no clips of the corpus."""
    words = []
    if protocol.label == "word":
        words.append("Classes are the corpus's own words.")
    elif protocol.label != "emotion":
        words.append(f"Classes are {_rated(protocol)}.")
    if protocol.window:
        late = f", rated {protocol.lag:g} s later" if protocol.lag else ""
        words.append(f"Clips are windows of {protocol.window:g} s{late}.")
    if protocol.one_person:
        words.append("One person gives both support and query.")
    return "".join(f" {sentence}" for sentence in words)


def _rated(protocol: Protocol) -> str:
    """What classes by ratings are, and what becomes of ratings in the middle."""
    near = f"no further than {protocol.neutral_band:g} from 0"
    if protocol.label == "quadrant_or_neutral":
        either = f"either {near}" if protocol.neutral_band else "either exactly 0"
        return f"quadrants of the rated valence and arousal (in -1 to 1; {either}: neutral)"
    middle = f"{near} left out" if protocol.midpoint == "neither" else f"exactly 0 is {protocol.midpoint}"
    return f"sides of the rated {_AXES[protocol.label]} (in -1 to 1; {middle})"


def _board_table(rows: Sequence[Row], shots: list[int]) -> Iterator[str]:
    header, *body = table(rows, shots)
    yield table_line(*map(escape, header))
    yield table_line(*("---" if title in LEFT else "--:" for title in header))
    for row, cells in zip(rows, body, strict=True):
        yield table_line(*_marked(row, dict(zip(header, cells, strict=True))))


def _marked(row: Row, cells: dict[str, str]) -> list[str]:
    """Escaped cells; what is not ranked is set in italics, what is retracted struck through but for its notes."""
    shown = {title: escape(cell) for title, cell in cells.items()}
    if row.kind == "retracted":
        return [f"~~{cell}~~" if cell and title != "notes" else cell for title, cell in shown.items()]
    if row.kind in ("reference", "chance"):
        shown["model"] = f"*{shown['model']}*"
    return list(shown.values())


def _tier_lines(rows: Sequence[Row], task: Task) -> Iterator[str]:
    models = [figures for _, figures in models_of(rows)]
    found = {shot: smallest_difference(models, shot) for shot in task.protocol.shots}
    known = {shot: points for shot, points in found.items() if points is not None}
    if any(tier is not None for row in rows for tier in row.tier.values()):
        rough = f" With {people_tested(task)} people they are rough." if people_tested(task) < FEW_PEOPLE else ""
        yield from (TIER + rough, "")
    if known:
        points = ", ".join(f"{points:.1f} points at {shot}-shot" for shot, points in known.items())
        yield (
            f"Smallest difference to the leader that the paired test on these {people_tested(task)} people finds 4"
            f" times in 5 (median over the other models): {points}."
        )
        yield ""


def _unknown_people(rows: Sequence[Row], task: Task) -> Iterator[str]:
    """What can be said without people: how far other episodes of these clips would move a figure."""
    if task.people_known:
        return
    found = {
        shot: [one.halfwidth for _, figures in models_of(rows) if (one := figures[shot].these_people)]
        for shot in task.protocol.shots
    }
    errors = " and ".join(f"{max(widths):.1f} at {shot}-shot" for shot, widths in found.items() if widths)
    says = f" Other episodes of these clips would move a UAR by up to ± {errors} (95%)." if errors else ""
    yield from (UNKNOWN_PEOPLE + says, "")


def _shortcuts(rows: Sequence[Row], task: Task) -> Iterator[str]:
    shots = task.protocol.shots
    probes = [row for row in rows if row.kind == "probe"]
    yield from ("## What a shortcut that sees no expression gets", "")
    if probes:
        yield table_line("probe", *(f"UAR {shot}-shot" for shot in shots))
        yield table_line("---", *("--:" for _ in shots))
        for row in probes:
            yield table_line(escape(row.model), *(uar_cell(row.uar[shot], row.new_people[shot]) for shot in shots))
        yield ""
    if any(row.model == "probe.none" for row in probes):
        yield from (NO_SHORTCUT, "")
    yield from (escape(verdict(rows, task).says), "")


def _emotions(rows: Sequence[Row], task: Task) -> Iterator[str]:
    """Recall per emotion of the three best models at the largest shot."""
    most = max(task.protocol.shots)
    best = models_of(rows)[:3]
    if not best:
        return
    yield from (
        f"## Recall per {_class(task.protocol)}, {most}-shot",
        "",
        "Percent, mean over folds; the best models of the board.",
        "",
    )
    yield table_line(_class(task.protocol), *(escape(name) for name, _ in best))
    yield table_line("---", *("--:" for _ in best))
    for emotion in task.protocol.emotions:
        yield table_line(escape(emotion), *(f"{figures[most].recalls[emotion]:.1f}" for _, figures in best))
    yield ""


def _people(rows: Sequence[Row], task: Task) -> Iterator[str]:
    """Who is tested in which fold, and what each adds to a model's UAR: to every model where people are few."""
    most = max(task.protocol.shots)
    models = models_of(rows)
    few = task.people_known and people_tested(task) < FEWEST_PEOPLE
    best = models if few else models[:3]
    yield from ("## People" if task.people_known else "## Emotions tested", "")
    if few:
        yield from ("Fewer than 6 people: no interval and no tiers, only what each person adds.", "")
    if people_tested(task) > _SHOWN_PEOPLE or not best or not task.people_known:
        for number, fold in enumerate(task.protocol.folds):
            yield f"- fold {number} tests {len(fold.meta_test)}: {escape(', '.join(fold.meta_test))}"
        yield ""
        return
    yield from (
        f"Each person's contribution to the UAR, {most}-shot, percent; an estimate, which may lie outside 0 to 100:",
        "",
    )
    yield table_line("fold", "person", *(escape(name) for name, _ in best))
    yield table_line("--:", "---", *("--:" for _ in best))
    tested: dict[str, list[str]] = {}
    for number, fold in enumerate(task.protocol.folds):
        for person in fold.meta_test:
            tested.setdefault(person, []).append(str(number))
    for person, folds in tested.items():
        cells = [figures[most].subjects.get(person) for _, figures in best]
        told = ["" if cell is None else f"{cell:.1f}" for cell in cells]
        yield table_line(", ".join(folds), escape(person), *told)
    yield ""
