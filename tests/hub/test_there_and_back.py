"""To the Hub and back: the same hash; what is in the repository; what a push refuses; the token stays where it is."""

from __future__ import annotations

import json
import os
import pickle
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from own_table import files_in
from server import TOKEN

from stf2m_bench.evaluation.evaluate import evaluate
from stf2m_bench.hub.pull import pull_model
from stf2m_bench.scoring.result import read_result

NAME = "lab/mine-mean"
WEIGHTS = sorted(f"fold-{n}/{file}" for n in range(3) for file in ("config.json", "model.safetensors"))
PUSHED = sorted([".eval_results/mine.yaml", ".gitattributes", "README.md", *WEIGHTS])

# The client that huggingface_hub uploads with calls one of its own options old.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")


def push(run, folder="mine-mean", *options, name=NAME):
    return run("models", "push", folder, name, "--json", *options).json


def front_matter(card: str) -> dict:
    return yaml.safe_load(card.split("---\n")[1])


def test_pushed_pulled_and_evaluated_again_a_model_gives_the_same_hash(hub, here, run):
    before = read_result(Path("home/results/mine/mine-mean.json"))
    commit = push(run)["commit"]
    assert hub.repos[NAME].head == commit

    run("models", "pull", NAME, "--out", "pulled")
    assert files_in(Path("pulled")) == files_in(Path("mine-mean"))
    run("evaluate", "mine.toml", "--model", "pulled")
    assert read_result(Path("home/results/mine/pulled.json")).hash == before.hash

    run("evaluate", "mine.toml", "--model", f"hub:{NAME}@main")
    again = read_result(Path("home/results/mine/lab-mine-mean.json"))
    assert again.hash == before.hash
    assert (again.model.name, again.model.source) == (NAME, f"hub:{NAME}@{commit}")
    assert evaluate_from_python(f"hub:{NAME}") == before.hash


def evaluate_from_python(text: str) -> str:
    from stf2m_bench.tasks.task import load_task

    return evaluate(load_task("mine.toml"), pull_model(text), data=Path("data")).result.hash


def test_a_process_of_its_own_takes_address_and_token_from_the_environment_and_writes_the_token_nowhere(
    hub, here, tmp_path
):
    environment = os.environ | {
        "HF_ENDPOINT": hub.endpoint,
        "HF_TOKEN": TOKEN,
        "HF_HOME": str(tmp_path / "hf"),
        "HF_HUB_DISABLE_XET": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
    }

    commands = [
        ["models", "push", "mine-mean", NAME, "--private"],
        ["evaluate", "mine.toml", "--model", f"hub:{NAME}"],
        ["--debug", "models", "pull", "lab/nothing", "--out", "pulled"],
    ]
    code = f"""
from stf2m_bench.cli import main
for command in {commands!r}:
    try:
        main(command)
    except SystemExit as stop:
        print("code", stop.code)
"""
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, cwd=here)
    assert [line for line in done.stdout.splitlines() if line.startswith("code")] == [
        "code None",
        "code None",
        "code 1",
    ]
    assert "Traceback" in done.stderr
    assert TOKEN not in done.stdout + done.stderr
    assert read_result(Path("home/results/mine/lab-mine-mean.json")).model.source.startswith(f"hub:{NAME}@")
    assert hub.repos[NAME].private
    assert TOKEN.encode() not in hub.received
    for path, content in (files_in(tmp_path) | hub.repos[NAME].files).items():
        assert TOKEN.encode() not in content, path


def test_a_dry_run_lists_every_file_that_a_push_sends_and_asks_nobody(hub, here, run):
    listed = push(run, "mine-mean", "--dry-run")
    assert hub.requests == []
    assert listed["commit"] is None
    assert sorted([".gitattributes", *(file["file"] for file in listed["files"])]) == PUSHED
    pushed = push(run)
    assert pushed["files"] == listed["files"]
    assert {file["file"]: file["bytes"] for file in listed["files"]} == {
        path: len(content) for path, content in hub.repos[NAME].files.items() if path != ".gitattributes"
    }
    assert "fold-2/config.json" in run("models", "push", "mine-mean", NAME, "--dry-run").out


def test_a_push_is_one_commit_and_the_same_again_is_none(hub, here, run):
    first = push(run)["commit"]
    assert len(hub.repos[NAME].commits) == 2  # the one that made the repository, and ours
    assert sorted(hub.repos[NAME].files) == PUSHED
    assert push(run)["commit"] == first
    assert len(hub.repos[NAME].commits) == 2


def test_weights_and_figures_of_an_earlier_push_go_and_foreign_files_stay(hub, here, run):
    push(run)
    old = hub.repos[NAME].files
    more = {"fold-3/config.json": b"{}", ".eval_results/gone.yaml": b"[]\n", "picture.png": b"png"}
    hub.repos[NAME].commit(old | more)
    push(run)
    assert sorted(hub.repos[NAME].files) == sorted([*PUSHED, "picture.png"])


def test_the_card_tells_what_it_is_how_to_evaluate_it_its_figures_data_licences_and_limits(hub, here, run):
    push(run, "mine-mean", "--licence", "apache-2.0")
    card = hub.repos[NAME].files["README.md"].decode()
    result = read_result(Path("home/results/mine/mine-mean.json"))
    figures = result.figures.shots[1]
    data = front_matter(card)
    assert (data["license"], data["library_name"]) == ("apache-2.0", "stf2m-bench")
    assert data["model-index"][0]["results"][0]["metrics"][0]["value"] == figures.uar
    assert f"stf2m-bench models check hub:{NAME}\nstf2m-bench evaluate mine.toml --model hub:{NAME}\n" in card
    assert f"| {figures.uar:.1f} ± {figures.new_people.halfwidth:.1f}" in card
    assert result.hash[:12] in card
    assert "| csv:mine | A table of one's own | the owner's |" in card
    assert "Licence of the weights: apache-2.0." in card
    assert "## Limits" in card


def test_eval_results_hold_the_figure_of_the_most_shots_and_its_interval(hub, here, run):
    push(run)
    [entry] = yaml.safe_load(hub.repos[NAME].files[".eval_results/mine.yaml"])
    result = read_result(Path("home/results/mine/mine-mean.json"))
    assert entry["value"] == result.figures.shots[1].uar
    assert entry["dataset"]["task_id"] == "mine"
    interval = result.figures.shots[1].new_people
    assert f"{interval.lower:.1f} to {interval.upper:.1f}" in entry["notes"]
    assert result.hash in entry["notes"]


def test_without_results_and_licence_the_card_says_so(hub, here, run):
    shutil.rmtree("home/results")
    push(run)
    files = hub.repos[NAME].files
    assert sorted(files) == [path for path in PUSHED if path != ".eval_results/mine.yaml"]
    card = files["README.md"].decode()
    assert "No result of these weights was at hand" in card
    assert front_matter(card)["license_name"] == "not-stated"
    assert "model-index" not in front_matter(card)


def test_results_of_other_weights_are_not_taken(here, told):
    said = told("models", "push", "mine-mean", NAME, "--results", "home/results/mine/mine-ridge.json", code=2)
    assert "mine-ridge.json holds no result of these weights" in said


def test_given_results_are_taken_from_files_and_folders(hub, here, run):
    Path("given").mkdir()
    shutil.copy("home/results/mine/mine-mean.json", "given/some.json")
    shutil.rmtree("home/results")
    push(run, "mine-mean", "--results", "given", "--results", "given/some.json")
    card = hub.repos[NAME].files["README.md"].decode()
    assert card.count(read_result(Path("given/some.json")).hash[:12]) == 1


def test_texts_from_files_are_escaped_in_the_card(hub, here, run):
    for fold in range(3):
        path = Path(f"mine-mean/fold-{fold}/config.json")
        config = json.loads(path.read_text())
        config["trained_on"] |= {"task": "a|b <img src=x>\n# big", "datasets": ["csv:[x](http://evil.example)"]}
        path.write_text(json.dumps(config))
    push(run)
    card = hub.repos[NAME].files["README.md"].decode()
    assert "<img" not in card
    assert "\n# big" not in card
    assert "[x](http" not in card
    assert "stf2m-bench evaluate TASK --model" in card


class Runs:
    def __reduce__(self):
        return print, ("run",)


@pytest.mark.parametrize("name", ["fold-0/extra.py", "model.pkl", "notes.md", "fold-1/.hidden", "fold-7/config.json"])
def test_a_folder_with_anything_but_weights_is_refused_and_the_file_named(name, hub, here, told):
    Path("mine-mean", name).parent.mkdir(exist_ok=True)
    Path("mine-mean", name).write_bytes(pickle.dumps(Runs()))
    assert (name if "fold-7" not in name else "fold-3/config.json") in told("models", "push", "mine-mean", NAME, code=2)
    assert hub.requests == []


def test_a_link_and_a_pickle_that_calls_itself_safetensors_are_refused(hub, here, told):
    weights = Path("mine-mean/fold-0/model.safetensors")
    kept = weights.rename("kept")
    weights.symlink_to(kept.resolve())
    assert "model.safetensors" in told("models", "push", "mine-mean", NAME, code=2)
    weights.unlink()
    weights.write_bytes(pickle.dumps(Runs()))
    assert "is not a saved model" in told("models", "push", "mine-mean", NAME, code=2)
    assert hub.requests == []


def test_a_private_push_makes_a_private_model_and_never_fills_a_public_one(hub, here, run, told):
    push(run, "mine-mean", "--private")
    assert hub.repos[NAME].private
    push(run, "mine-mean", name="lab/open")
    before = hub.repos["lab/open"].head
    assert "is public" in told("models", "push", "mine-mean", "lab/open", "--private", code=2)
    assert hub.repos["lab/open"].head == before


def test_a_repository_of_something_else_is_left_alone(hub, here, run, told):
    push(run)
    hub.repos[NAME].commit({"pytorch_model.bin": b"x", "README.md": b"theirs"})
    before = hub.repos[NAME].head
    assert "holds something else (README.md)" in told("models", "push", "mine-mean", NAME, code=2)
    assert hub.repos[NAME].head == before


@pytest.mark.parametrize("name", ["mine", "lab/", "lab/a/b", "../x", "lab/x@main", "lab/.."])
def test_what_is_no_name_is_refused(name, here, told):
    told("models", "push", "mine-mean", name, "--dry-run", code=2)
