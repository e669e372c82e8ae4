"""An ablation from result files alone: comparisons worked by hand, the page, the pictures, what is refused."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import matplotlib.image
import numpy as np
import pytest
from scipy.stats import ttest_1samp
from toy_boards import contents, few_people, made, skilled
from toy_boards import load as load_board
from toy_results import PEOPLE, frozen_toy, toy_result

from stf2m_bench.cli import main
from stf2m_bench.errors import CouldNotError, FaultsError, InputError
from stf2m_bench.files import write_text
from stf2m_bench.leaderboards.ablation import read_ablation
from stf2m_bench.leaderboards.ablation_page import write_report
from stf2m_bench.leaderboards.build import build
from stf2m_bench.leaderboards.review import review
from stf2m_bench.scoring.comparisons import holm
from stf2m_bench.scoring.result import Result, to_text
from stf2m_bench.tasks.task import Task

COMMITTED = Path(__file__).parents[2] / "leaderboards"
ROWS = """
full = "whole"

[tasks]
toy = "made up"
drawn = "synthetic"

[[row]]
name = "whole"
says = "the whole model"
part = "all"
model = "net"

[[row]]
name = "no-eyes"
says = "sees *nothing*"
part = "eyes"
model = "net"
set = { eyes = "none", wide = false }

[[row]]
name = "no-ears"
says = "hears nothing"
part = "ears"
model = "net"
claim = "hearing"
like = "one-eye"

[[row]]
name = "one-eye"
says = "sees half"
part = "eyes"
model = "net"
control = "labels"
"""
STEPS = np.arange(1.0, 13.0)
"""A difference a person: mean 6.5, standard deviation sqrt(13)."""


def load(name: str) -> Task:
    """`toy`, or `drawn`, which is synthetic; episodes enough to tell asking from supporting."""
    return frozen_toy() if name == "toy" else frozen_toy(name=name, datasets=("emosynth",))


def result_with(task: Task, name: str, subjects, seed: int = 0) -> Result:
    """A result in which the people contribute exactly this, at both shots."""
    result = toy_result(task, skilled(task, 1.0), name)
    people = dict(zip(sorted(result.figures.shots[1].subjects), map(float, subjects), strict=True))
    shots = {
        shot: figures.model_copy(update={"subjects": people, "uar": float(np.mean(subjects))})
        for shot, figures in result.figures.shots.items()
    }
    figures = result.figures.model_copy(update={"shots": shots})
    return result.model_copy(update={"seeds": (seed,), "figures": figures})


def put(folder: Path, name: str, subjects, seed: int = 0, task: str = "toy") -> Path:
    result = result_with(load(task), name, subjects, seed)
    path = folder / "ablations" / task / f"{result.stem}.json"
    write_text(path, to_text(result))
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Rows, and the full model with seeds 0 and 1 on `toy`: everyone contributes 50, then 40."""
    write_text(tmp_path / "boards/ablations/rows.toml", ROWS)
    put(tmp_path / "boards", "whole", np.full(12, 50.0))
    put(tmp_path / "boards", "whole", np.full(12, 40.0), seed=1)
    return tmp_path / "boards"


def against(folder: Path, name: str, shot: int = 1, task: int = 0):
    rows = {row.row.name: row for row in read_ablation(folder, load=load).tasks[task].rows}
    return rows[name].shots[shot].against


def page_of(folder: Path) -> str:
    return write_report(folder, folder.parent / "out/ablation", load=load)[-1].read_text(encoding="utf-8")


def line_of(page: str, row: str, heading: str) -> list[str]:
    """The cells of a row in the first table after a heading."""
    after = page.split(f"{heading}\n", 1)[1]
    (line, *_) = [line for line in after.splitlines() if line.startswith(f"| `{row}` |")]
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_a_row_is_compared_with_the_full_model_on_the_seeds_that_both_have(folder):
    put(folder, "no-eyes", 50 + STEPS)
    put(folder, "no-eyes", np.full(12, 99.0), seed=2)
    found = against(folder, "no-eyes")
    assert found.seeds == {0: pytest.approx(6.5)}
    assert found.points == pytest.approx(6.5)
    assert found.halfwidth == pytest.approx(2.200985 * 13**0.5 / 12**0.5, rel=1e-6)
    assert found.p == pytest.approx(ttest_1samp(STEPS, 0).pvalue)
    assert found.detectable == pytest.approx((2.200985 + 0.875530) * 13**0.5 / 12**0.5, rel=1e-5)
    assert line_of(page_of(folder), "no-eyes", "### 1-shot")[1:4] == ["2 (1)", "77.8", "56.5–99.0"]


def test_contributions_are_averaged_over_common_seeds_before_the_test(folder):
    put(folder, "no-eyes", 50 + STEPS)
    put(folder, "no-eyes", 40 + STEPS[::-1], seed=1)
    found = against(folder, "no-eyes")
    assert found.seeds == {0: pytest.approx(6.5), 1: pytest.approx(6.5)}
    assert (found.points, found.halfwidth) == (pytest.approx(6.5), pytest.approx(0))
    assert found.separated


def test_a_row_of_one_seed_is_compared_with_that_seed_of_three(folder):
    put(folder, "whole", np.full(12, 0.0), seed=2)
    put(folder, "no-eyes", 40 - STEPS, seed=1)
    assert against(folder, "no-eyes").points == pytest.approx(-6.5)
    page = page_of(folder)
    assert line_of(page, "whole", "### 1-shot")[1:4] == ["3", "30.0", "0.0–50.0"]
    assert line_of(page, "no-eyes", "### 1-shot")[1:4] == ["1", "33.5", ""]
    assert "1 to 3 training seeds each, 4 results in all" in page


def test_a_row_without_a_common_seed_is_shown_and_not_compared(folder):
    put(folder, "no-eyes", 50 + STEPS, seed=5)
    assert against(folder, "no-eyes") is None
    assert line_of(page_of(folder), "no-eyes", "### 1-shot")[1:3] == ["1", "56.5"]


def test_p_is_adjusted_over_the_rows_of_a_task_and_shot(folder):
    noise = np.tile([1.0, -1.0], 6) * STEPS
    rows = {"no-eyes": noise + 1.0, "no-ears": noise + 12.0, "one-eye": noise + 6.0}
    for name, differences in rows.items():
        put(folder, name, 50 + differences)
    raw = [ttest_1samp(differences, 0).pvalue for differences in rows.values()]
    found = [against(folder, name) for name in rows]
    assert [one.adjusted for one in found] == pytest.approx(holm(raw))
    assert raw[2] < 0.05 < found[2].adjusted
    assert [one.separated for one in found] == [False, True, False]


def test_the_page_names_what_is_separated_and_sets_it_in_bold(folder):
    put(folder, "no-eyes", 50 - STEPS)
    put(folder, "no-ears", 50 + STEPS)
    put(folder, "one-eye", 50 + np.tile([3.0, -3.0], 6))
    page = page_of(folder)
    assert "- `toy` (made up), 12 people:\n  - below it: eyes (`no-eyes`)\n  - above it: ears (`no-ears`)\n" in page
    assert line_of(page, "no-eyes", "## At a glance") == ["`no-eyes`", "**-6.5** / **-6.5**"]
    assert line_of(page, "one-eye", "## At a glance") == ["`one-eye`", "+0.0 / +0.0"]
    assert line_of(page, "no-eyes", "### 5-shot")[6:] == ["**-6.5**", "2.3", "&lt;0.001", "&lt;0.001", "3.2"]
    assert "*not separated* never means equal" in page


def test_many_rows_of_a_part_that_are_alike_are_counted_not_named(folder):
    names = [f"try-{number}" for number in range(9)]
    rows = "".join(f'\n[[row]]\nname = "{name}"\nsays = "tried"\npart = "search"\nmodel = "net"\n' for name in names)
    write_text(folder / "ablations/rows.toml", ROWS + rows)
    for name in names[1:]:
        put(folder, name, 50 - 5 * STEPS)
    assert "below it: search (`try-1`, `try-2`, " in page_of(folder)
    put(folder, names[0], 50 - 5 * STEPS)
    assert "below it: search (all 9 rows)\n" in page_of(folder)


def test_nothing_separated_is_called_none(folder):
    put(folder, "no-eyes", 50 + np.tile([3.0, -3.0], 6))
    assert "below it: none\n  - above it: none" in page_of(folder)


def test_rows_stand_by_part_with_what_they_are(folder):
    put(folder, "no-eyes", 50 + STEPS)
    page = page_of(folder)
    assert line_of(page, "no-eyes", "## Rows")[1:] == [r"sees \*nothing\*", "`net`, `eyes=none`, `wide=false`"]
    assert line_of(page, "one-eye", "## Rows")[1:] == ["sees half", "`net`, shuffled labels"]
    says = "hears nothing; beside `one-eye`, of like size; the part is meant to give: hearing"
    assert line_of(page, "no-ears", "## Rows")[1] == says
    listed = page.split("## Rows")[1].split("##")[0]
    order = ["*all*", "`whole`", "*eyes*", "`no-eyes`", "`one-eye`", "*ears*", "`no-ears`"]
    assert [line.split(" | ")[0].removeprefix("| ") for line in listed.split("\n")[4:-2]] == order


def test_a_row_or_task_without_results_is_said_to_be_missing(folder):
    put(folder, "no-eyes", 50 + STEPS)
    page = page_of(folder)
    assert "No results yet: `drawn`." in page
    assert "Missing: `no-ears`, `one-eye`." in page
    assert "## drawn" not in page
    put(folder, "whole", np.full(12, 50.0), task="drawn")
    put(folder, "no-ears", 50 + STEPS, task="drawn")
    page = page_of(folder)
    assert line_of(page, "no-ears", "## At a glance") == ["`no-ears`", "", "**+6.5** / **+6.5**"]
    assert "> **Synthetic data.**" in page.split("## drawn")[1]
    assert "> **Synthetic data.**" not in page.split("## drawn")[0]


def test_without_the_full_model_nothing_is_compared(folder):
    put(folder, "no-eyes", 50 + STEPS, task="drawn")
    page = page_of(folder)
    assert "nothing could be tested, for want of people or of results of `whole`" in page
    assert "ablation-drawn.png" not in page
    assert not (folder.parent / "out/ablation-drawn.png").exists()


def test_fewer_than_six_people_are_shown_and_not_tested(folder):
    shutil.rmtree(folder / "ablations/toy")
    task = few_people()
    for name, subjects in (("whole", [50.0] * 4), ("no-eyes", [51.0, 52.0, 53.0, 54.0])):
        write_text(folder / f"ablations/toy/{name}.json", to_text(result_with(task, name, subjects)))
    (found,) = read_ablation(folder, load=lambda _: task).tasks
    one = found.rows[1].shots[5].against
    assert (one.points, one.halfwidth, one.p, one.adjusted, one.detectable) == (2.5, None, None, None, None)
    assert not one.separated
    page = write_report(folder, folder.parent / "few", load=lambda _: task)[-1].read_text(encoding="utf-8")
    assert "With 4 people: too few for intervals and tests." in page


def test_cost_is_that_of_one_fold_and_problem_and_unknown_cost_is_empty(folder):
    for seed in (0, 1):
        path = put(folder, "no-eyes", 50 + STEPS, seed)
        text = path.read_text(encoding="utf-8").replace('"fit_seconds": null', f'"fit_seconds": {30.0 * (1 + seed)}')
        path.write_text(text, encoding="utf-8")
    cells = line_of(page_of(folder), "no-eyes", "### Cost and calibration")
    assert cells[1:7] == ["1,234", "", "", "12.3", "15.0", ""]


def test_the_figures_of_the_search_have_a_table_of_their_own(folder):
    put(folder, "no-eyes", 50 + STEPS)
    assert "The search" not in page_of(folder)
    text = "row,seed,shot,accuracy,nll\nno-eyes,0,1,60.00,0.5000\nno-eyes,1,1,70.00,0.7000\nwhole,0,5,80.00,0.4000\n"
    write_text(folder / "ablations/toy/validation.csv", text)
    heading = "### The search: what choices were made on"
    assert line_of(page_of(folder), "no-eyes", heading)[1:] == ["2", "65.0", "0.600", "", ""]
    assert line_of(page_of(folder), "whole", heading)[1:] == ["1", "", "", "80.0", "0.400"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "expected row, seed, shot, accuracy, nll"),
        ("row,seed\n", "has the columns row, seed; expected row, seed, shot, accuracy, nll"),
        ("row,seed,shot,accuracy,nll\nno-toes,0,1,60,0.5\n", "line 2: no figures of a row that rows.toml lists"),
        ("row,seed,shot,accuracy,nll\nwhole,0,1,60,0.5\nwhole,0,5,much,0.5\n", "line 3: no figures of a row"),
    ],
)
def test_a_search_that_cannot_be_read_is_refused(folder, text, says):
    write_text(folder / "ablations/toy/validation.csv", text)
    with pytest.raises(InputError, match=says):
        read_ablation(folder, load=load)


def test_the_same_results_give_the_same_bytes_again(folder):
    put(folder, "no-eyes", 50 - STEPS)
    put(folder, "no-eyes", 40 - STEPS, seed=1)
    out = folder.parent / "out"
    assert [path.name for path in write_report(folder, out / "ablation", load=load)] == [
        "ablation-toy.png",
        "ablation.md",
    ]
    first = contents(out)
    write_report(folder, out / "ablation", load=load)
    assert contents(out) == first
    assert "(ablation-toy.png)" in first["ablation.md"].decode()


def test_the_picture_is_900_pixels_wide_and_changes_with_the_figures(folder):
    def picture(differences) -> np.ndarray:
        put(folder, "no-eyes", 50 + differences)
        put(folder, "no-ears", 50 - STEPS)
        return matplotlib.image.imread(write_report(folder, folder.parent / "out", load=load)[0])

    one, far = picture(STEPS), picture(STEPS - 49)
    assert one.shape[1] == far.shape[1] == 900
    assert one.shape == far.shape
    assert (one != far).any()


def test_without_matplotlib_nothing_is_written(folder, monkeypatch):
    put(folder, "no-eyes", 50 + STEPS)
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(CouldNotError, match=r"pip install 'stf2m-bench\[plots\]'"):
        write_report(folder, folder.parent / "out/ablation", load=load)
    assert not (folder.parent / "out").exists()


def test_a_result_of_no_listed_row_or_task_is_refused(folder):
    put(folder, "no-toes", 50 + STEPS).rename(folder / "toes.json")
    shutil.move(folder / "toes.json", folder / "ablations/toy/no-eyes.json")
    with pytest.raises(InputError, match=r"no-eyes\.json is of the row 'no-toes', which rows\.toml does not list"):
        read_ablation(folder, load=load)
    (folder / "ablations/toy/no-eyes.json").unlink()
    put(folder, "no-eyes", 50 + STEPS).rename(folder / "ablations/toy/no-ears.json")
    with pytest.raises(InputError, match=r"no-ears\.json is of 'no-eyes', another row or training seed"):
        read_ablation(folder, load=load)
    (folder / "ablations/toy").rename(folder / "ablations/other")
    with pytest.raises(InputError, match=r"is of a task that .*rows\.toml does not list"):
        read_ablation(folder, load=load)


def test_a_result_under_another_seed_is_refused(folder):
    put(folder, "no-eyes", 50 + STEPS, seed=1).rename(folder / "ablations/toy/no-eyes.seed-2.json")
    with pytest.raises(InputError, match=r"call it no-eyes\.seed-1\.json"):
        read_ablation(folder, load=load)


def test_a_result_of_another_version_of_the_task_is_refused(folder):
    with pytest.raises(InputError, match="is of task 'toy' 1 with another protocol or clip list than 'toy' 2"):
        read_ablation(folder, load=lambda _: frozen_toy(version=2))


def test_a_folder_without_rows_or_without_results_is_refused(folder, tmp_path):
    with pytest.raises(InputError, match="There is no list of rows"):
        read_ablation(tmp_path / "nowhere", load=load)
    shutil.rmtree(folder / "ablations/toy")
    with pytest.raises(InputError, match=r"holds no result; expected TASK/ROW\.json"):
        read_ablation(folder, load=load)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('full = "whole"', 'full = "half"', "'half' is no row"),
        ('name = "one-eye"', 'name = "no-eyes"', "the row 'no-eyes' is listed twice"),
        ('like = "one-eye"', 'like = "two-eyes"', "'two-eyes' is no row"),
        ('claim = "hearing"', 'clam = "hearing"', "clam: Extra inputs are not permitted"),
        ("[tasks]", "[tasks", "is no TOML"),
    ],
)
def test_a_list_of_rows_that_contradicts_itself_is_refused(folder, old, new, says):
    assert old in ROWS
    write_text(folder / "ablations/rows.toml", ROWS.replace(old, new))
    with pytest.raises((InputError, FaultsError), match=says):
        read_ablation(folder, load=load)


def test_boards_are_built_and_reviewed_beside_an_ablation(folder, tmp_path):
    made(folder / "results/toy", "one")
    build(folder, load=load_board)
    shutil.copytree(folder, tmp_path / "head")
    assert review(folder, tmp_path / "head", load=load_board).faults == []
    put(tmp_path / "head", "no-eyes", 50 + STEPS)
    write_text(tmp_path / "head/ablations/toy/validation.csv", "row,seed,shot,accuracy,nll\n")
    found = review(folder, tmp_path / "head", load=load_board)
    assert found.faults == []
    names = ["ablations/toy/no-eyes.json", "ablations/toy/validation.csv"]
    assert found.judge == [f"{name} is new, changed or removed; nothing here checks ablations" for name in names]
    write_text(tmp_path / "head/ablations/run.py", "")
    assert "ablations/run.py has no place here" in review(folder, tmp_path / "head", load=load_board).faults[0]


def test_the_command_writes_the_page_of_a_built_in_task(tmp_path, capsys):
    name = "ravdess-a12-new-subjects"
    place = tmp_path / "ablations" / name
    place.mkdir(parents=True)
    rows = ROWS.replace("toy = ", f'"{name}" = ').replace('"whole"', '"stf2m"').replace('"no-eyes"', '"class_memory"')
    write_text(tmp_path / "ablations/rows.toml", rows)
    for row in ("stf2m", "class_memory"):
        shutil.copy(COMMITTED / "results" / name / f"{row}.json", place)
    command = ["leaderboards", "report", "ablation", "--folder", str(tmp_path), "--out", str(tmp_path / "page")]
    with pytest.raises(SystemExit) as stop:
        main(command)
    assert not stop.value.code
    assert capsys.readouterr().err.splitlines() == [
        f"Wrote {tmp_path / f'page-{name}.png'}",
        f"Wrote {tmp_path / 'page.md'}",
    ]
    assert f"![Rows minus stf2m on {name}" in (tmp_path / "page.md").read_text(encoding="utf-8")


def test_these_toys_have_the_people_that_the_worked_examples_count_on():
    assert len(PEOPLE) == len(STEPS) == 12
    assert STEPS.std(ddof=1) == pytest.approx(13**0.5)


def test_the_committed_page_is_what_the_committed_results_give(tmp_path: Path) -> None:
    top = Path(__file__).parents[2]
    write_report(top / "leaderboards", tmp_path / "ablation")
    made, kept = (folder / "ablation.md" for folder in (tmp_path, top / "docs"))
    assert made.read_text(encoding="utf-8") == kept.read_text(encoding="utf-8"), "run make boards"
