import io
import json

import pytest
from rich.console import Console
from toy_results import frozen_toy, random_predictions, toy_result, toy_task

from stf2m_bench.errors import InputError
from stf2m_bench.leaderboards.board import board
from stf2m_bench.leaderboards.page import LAST_LINE, to_markdown
from stf2m_bench.leaderboards.render import escape, to_json, to_rich
from stf2m_bench.scoring.figures import Figures, Interval
from stf2m_bench.scoring.result import Cost, Declarations
from stf2m_bench.tasks.task import load_task


@pytest.fixture(scope="module")
def task():
    return frozen_toy()


@pytest.fixture(scope="module")
def honest(task):
    return toy_result(task, random_predictions(task))


def with_uar(result, one, five, label="people", **changes):
    """The result with chosen main figures, for tables that can be compared as text."""
    interval = Interval(lower=one, upper=one, halfwidth=3.25, people=12, label=label) if label else None
    shots = {
        shot: figures.model_copy(update={"uar": uar, "new_people": interval})
        for (shot, figures), uar in zip(result.figures.shots.items(), (one, five), strict=True)
    }
    shots[5] = shots[5].model_copy(
        update={
            "accuracy": 50.0,
            "macro_f1": 49.0,
            "nll": 1.25,
            "folds": tuple(fold.model_copy(update={"uar": 40.0 + n}) for n, fold in enumerate(shots[5].folds)),
        }
    )
    return result.model_copy(update={"figures": Figures(shots=shots), "hash": "f" * 64, **changes})


def named(result, name, **says):
    return result.model.model_copy(update={"name": name, "declarations": Declarations(**says)})


def test_rows_are_ranked_by_the_largest_shot_ties_by_name(task, honest):
    results = [
        with_uar(honest, 50.0, 60.0, model=named(honest, "b")),
        with_uar(honest, 70.0, 55.0, model=named(honest, "c")),
        with_uar(honest, 40.0, 60.0, model=named(honest, "a")),
    ]
    rows = board(results, task)
    assert [(row.rank, row.model) for row in rows] == [(1, "a"), (2, "b"), (3, "c"), (None, "chance")]
    assert board(reversed(results), task) == rows


def test_training_seeds_of_one_model_are_one_row_of_the_lowest_seed(task, honest):
    results = [
        with_uar(honest, 50.0, 60.0 + seed, model=named(honest, "a"), seeds=(seed,), hash=f"{seed}" * 64)
        for seed in (2, 0, 1)
    ]
    results[1] = results[1].model_copy(update={"state": "reproduced"})
    results[2] = results[2].model_copy(update={"state": "checked"})
    row = board(results, task)[0]
    assert row.state == "reported"
    assert (row.uar[5], row.seeds, row.hash) == (60.0, (60.0, 61.0, 62.0), "0" * 64)
    assert "60.0 to 62.0 (3)" in to_markdown(board(results, task), task)
    assert [result.stem for result in results] == ["a.seed-2", "a", "a.seed-1"]


def test_another_setup_or_a_retracted_seed_is_a_row_of_its_own(task, honest):
    wider = named(honest, "a").model_copy(update={"config": {"width": 9}})
    results = [
        with_uar(honest, 50.0, 60.0, model=named(honest, "a"), seeds=(0,)),
        with_uar(honest, 50.0, 70.0, model=wider, seeds=(1,)),
        with_uar(honest, 50.0, 80.0, model=named(honest, "a"), seeds=(2,), state="retracted", reason="leak"),
    ]
    rows = board(results, task)
    assert [(row.kind, row.uar[5], row.seeds) for row in rows if row.model == "a"] == [
        ("ranked", 70.0, ()),
        ("ranked", 60.0, ()),
        ("retracted", 80.0, ()),
    ]
    assert rows[0].notes == ("training seed 1, the first one is not here",)
    assert rows[-1].notes == ("retracted: leak", "training seed 2")


def test_seeds_that_were_retracted_together_are_one_row(task, honest):
    results = [
        with_uar(honest, 50.0, 60.0 + seed, model=named(honest, "a"), seeds=(seed,), state="retracted", reason=reason)
        for seed, reason in ((0, "leak"), (1, "leak"), (2, "bug"))
    ]
    rows = [row for row in board(results, task) if row.model == "a"]
    assert [(row.kind, row.uar[5], row.seeds) for row in rows] == [
        ("retracted", 62.0, ()),
        ("retracted", 60.0, (60.0, 61.0)),
    ]


def test_reference_and_retracted_rows_stand_unranked_beneath(task, honest):
    results = [
        with_uar(honest, 1.0, 1.0, model=named(honest, "low")),
        with_uar(honest, 90.0, 90.0, model=named(honest, "names_no_shots", told_names=True)),
        with_uar(honest, 80.0, 80.0, model=named(honest, "class_memory").model_copy(update={"reference": True})),
        with_uar(honest, 99.0, 99.0, model=named(honest, "cheat"), state="retracted", reason="leak"),
    ]
    rows = board(results, task)
    assert [(row.rank, row.kind, row.model) for row in rows] == [
        (1, "ranked", "low"),
        (None, "reference", "names_no_shots"),
        (None, "reference", "class_memory"),
        (None, "chance", "chance"),
        (None, "retracted", "cheat"),
    ]


def test_the_page_of_a_board_is_exactly_this(task, honest):
    results = [
        with_uar(honest, 50.05, 60.0, model=named(honest, "st_f2m"), state="checked"),
        with_uar(
            honest,
            61.0,
            70.0,
            model=named(honest, "names_no_shots", told_names=True),
            cost=Cost(parameters=7),
        ),
        with_uar(honest, 90.0, 90.0, model=named(honest, "x|y"), state="retracted", reason="<b>leak</b>"),
    ]
    page = to_markdown(board(results, task), task)
    assert page.startswith(
        f"""# Toy people

`toy` version 1, track new-subjects: 4-way, 1 and 5 shots, 2 queries per emotion, 60 episodes a shot over 3 folds; \
6 emotions, 12 people tested. Views: `audio.logmel`. Frozen episodes `{task.protocol.frozen[:12]}`.

| rank | model | UAR 1-shot | UAR 5-shot | tier | folds | accuracy | macro-F1 | NLL | parameters | ms | state | notes \
| result |
| --: | --- | --: | --: | --: | --: | --: | --: | --: | --: | --: | --- | --- | --- |
| 1 | st\\_f2m | 50.0 ± 3.2 | 60.0 ± 3.2 | 1 / 1 | 40.0 to 42.0 | 50.0 | 49.0 | 1.250 | 1,234 | 12.3 | checked | \
 | ffffffffffff |
|  | *names\\_no\\_shots* | 61.0 ± 3.2 | 70.0 ± 3.2 |  | 40.0 to 42.0 | 50.0 | 49.0 | 1.250 | 7 |  | reported \
| told the emotion names | ffffffffffff |
|  | *chance* | 25.0 | 25.0 |  |  | 25.0 | 25.0 | 1.386 |  |  |  |  |  |
|  | ~~x\\|y~~ | ~~90.0 ± 3.2~~ | ~~90.0 ± 3.2~~ |  | ~~40.0 to 42.0~~ | ~~50.0~~ | ~~49.0~~ | ~~1.250~~ | ~~1,234~~ \
| ~~12.3~~ | ~~retracted~~ | retracted: &lt;b&gt;leak&lt;/b&gt; | ~~ffffffffffff~~ |

UAR is the mean recall over emotions"""
    )
    assert "adaptation to new people, not the learning of new emotions" in page
    assert "ynthetic" not in page
    assert "\nstf2m-bench results rescore leaderboards/results/toy/MODEL.json --task toy.toml\n" in page
    assert page.endswith(f"\n{LAST_LINE}\n")


def test_few_people_are_called_rough_and_too_few_have_no_interval(task, honest):
    few = with_uar(honest, 50.0, 40.0, None, model=named(honest, "few"))
    rows = board([with_uar(honest, 50.0, 60.0, "rough"), few], task)
    page = to_markdown(rows, task)
    assert "| 60.0 ± 3.2 rough |" in page
    assert "| 40.0 |" in page


def test_the_page_tells_the_leaders_recalls_and_who_is_tested_in_which_fold(task, honest):
    page = to_markdown(board([honest], task), task)
    assert "5-shot, percent; an estimate, which may lie outside 0 to 100:" in page
    figures = honest.figures.shots[5]
    for emotion, recall in figures.recalls.items():
        assert f"| {emotion} | {recall:.1f} |" in page
    for fold in range(3):
        for person in task.protocol.folds[fold].meta_test:
            assert f"| {fold} | {person} | {figures.subjects[person]:.1f} |" in page
    assert "- fold 1 tests 4: p04, p05, p06, p07" in to_markdown(board([], task), task)


def test_a_page_says_of_reference_rows_only_what_is_there(task, honest):
    told = with_uar(honest, 61.0, 70.0, model=named(honest, "names_no_shots", told_names=True))
    assert "Reference rows" not in to_markdown(board([honest], task), task)
    assert "Reference rows" in to_markdown(board([honest, told], task), task)


def test_the_commands_of_a_built_in_task_need_no_task_file():
    task = load_task("emosynth-personal")
    page = to_markdown(board([], task), task)
    assert "\nstf2m-bench results check leaderboards/results/emosynth-personal/MODEL.json\n" in page


def test_a_synthetic_task_says_so_at_the_top():
    task = frozen_toy(datasets=("emosynth",))
    page = to_markdown(board([], task), task)
    assert page.splitlines()[2].startswith("> **Synthetic data.**")


def test_a_control_task_ranks_nobody_and_says_so(honest):
    task = frozen_toy(ranked=False, superseded_by="toy-2")
    rows = board([honest], task)
    assert [(row.rank, row.kind) for row in rows] == [(None, "control"), (None, "chance")]
    page = to_markdown(rows, task)
    assert "> **Control task.**" in page
    assert "> Superseded by `toy-2`." in page


def test_published_figures_stand_apart_with_their_protocol(honest):
    reference = ({"source": "Some *paper*", "protocol": "random splits", "value": 81.5},)
    task = toy_task(reference=reference)
    assert "- 81.5: Some \\*paper\\* (random splits)" in to_markdown(board([], task), task)


def test_what_a_model_declares_is_noted(task, honest):
    says = {
        "transductive": True,
        "uses_votes": True,
        "scope": "subject",
        "pretrained_on": ("vggface2", "ravdess"),
    }
    model = named(honest, "m", **says).model_copy(update={"source": "predictions"})
    (row, _) = board([honest.model_copy(update={"model": model})], task)
    assert row.notes == (
        "transductive",
        "uses votes",
        "views see the whole subject, unlabelled test clips too",
        "pretrained on vggface2, ravdess",
        "pretrained on this task's dataset",
        "trained elsewhere on this task's dataset: nothing shows that the test people were left out",
        "a predictions file, which does not show how it was made",
    )


@pytest.mark.parametrize(
    ("source", "data", "noted"),
    [
        ("built-in", ("ravdess",), []),
        ("python:mine:model", ("ravdess",), []),
        ("my-folder", ("crema_d",), []),
        ("my-folder", ("RAVDESS",), ["trained elsewhere on this task's dataset"]),
        ("hub:lab/model", ("crema_d", "ravdess"), ["trained elsewhere on this task's dataset"]),
        ("predictions", ("not stated",), ["training data not stated", "a predictions file"]),
        ("my-folder", (), ["training data not stated"]),
    ],
)
def test_weights_that_may_have_met_the_test_people_are_flagged(task, honest, source, data, noted):
    model = honest.model.model_copy(update={"source": source, "training_data": data})
    (row, _) = board([honest.model_copy(update={"model": model})], task)
    assert [any(note.startswith(start) for note in row.notes) for start in noted] == [True] * len(noted)
    assert len(row.notes) == len(noted)


def test_costs_stand_beside_tiers_at_80_columns(task, honest):
    cost = Cost(parameters=179_154, flops=1_000_000, seconds_per_problem=0.0153)
    rows = board([with_uar(honest, 50.0, 60.0, "rough", model=named(honest, "a-name-of-16-char"), cost=cost)], task)
    console = Console(width=80, file=io.StringIO())
    console.print(to_rich(rows, width=80))
    line = next(line for line in console.file.getvalue().splitlines() if "a-name" in line)
    assert [cell.strip() for cell in line.strip("│").split("│")] == [
        "1", "a-name-of-16-char", "50.0 ± 3.2", "60.0 ± 3.2", "1 / 1", "179,154", "15.3",
    ]  # fmt: skip
    assert "rough" in console.file.getvalue()
    wide = Console(width=250, file=io.StringIO())
    wide.print(to_rich(rows, width=250))
    assert "FLOPs" in wide.file.getvalue()
    assert "1 M" in wide.file.getvalue()


def test_a_result_of_another_version_or_without_a_shot_is_refused(task, honest):
    with pytest.raises(InputError, match="another protocol or clip list than 'toy' 2"):
        board([honest], frozen_toy(version=2))
    short = honest.model_copy(update={"figures": Figures(shots={1: honest.figures.shots[1]})})
    with pytest.raises(InputError, match="no 5-shot figures for 'toy'"):
        board([short], task)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a|b", r"a\|b"),
        ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
        ("[click](http://evil)", r"\[click\](http\://evil)"),
        ("**bold** `code` ~~no~~", r"\*\*bold\*\* \`code\` \~\~no\~\~"),
        ("www.evil.com &amp;", r"www\.evil.com &amp;amp;"),
        ("line\nbreak\x1b[31m\u202e", "line�break�\\[31m�"),
    ],
)
def test_text_of_results_is_escaped_for_markdown_and_html(text, shown):
    assert escape(text) == shown


def test_the_terminal_shows_markup_and_control_characters_as_plain_text(task, honest):
    rows = board([with_uar(honest, 50.0, 60.0, model=named(honest, "[red]x[/red]\x1b[2J"))], task)
    console = Console(width=250, file=io.StringIO())
    console.print(to_rich(rows))
    text = console.file.getvalue()
    assert "[red]x[/red]�[2J" in text
    assert "60.0 ± 3.2" in text
    assert "\x1b" not in text


def test_json_rows_hold_the_unrounded_figures(task, honest):
    rows = json.loads(json.dumps(to_json(board([honest], task))))
    assert rows[0]["uar"] == {"1": honest.figures.shots[1].uar, "5": honest.figures.shots[5].uar}
    assert rows[0]["new_people"]["5"]["people"] == 12
    assert rows[0]["rank"] == 1
    assert rows[0]["tier"] == {"1": 1, "5": 1}
    assert rows[1]["model"] == "chance"
