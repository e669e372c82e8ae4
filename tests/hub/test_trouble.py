"""No access, nothing there, changed meanwhile, too many, broken, lost: one clear line, and nothing is lost by it."""

from __future__ import annotations

from pathlib import Path

import huggingface_hub
import pytest
from huggingface_hub import constants
from huggingface_hub.utils.tqdm import are_progress_bars_disabled
from own_table import files_in
from server import LOST, TOKEN

from stf2m_bench.errors import UsageError
from stf2m_bench.hub.pull import pull_model
from stf2m_bench.huggingface.address import parse_address
from stf2m_bench.huggingface.client import asking

NAME = "lab/mine-mean"
PUSH = ("models", "push", "mine-mean", NAME)
PULL = ("models", "pull", NAME, "--out", "pulled")
TROUBLE = [
    (401, "gives no access to 'lab/mine-mean'"),
    (403, "gives no access to 'lab/mine-mean'"),
    (404, "has no 'lab/mine-mean'"),
    (429, "asked too often"),
    (500, "The Hub failed"),
    (503, "The Hub failed"),
    (LOST, "The connection to the Hub was lost"),
]

# The client that huggingface_hub uploads with calls one of its own options old.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")


@pytest.fixture
def pushed(hub, here, run):
    """The Hub with the model in it."""
    run(*PUSH)
    return hub


@pytest.mark.parametrize(("answer", "says"), TROUBLE)
@pytest.mark.parametrize("step", ["repos/create", "GET /api/models", "preupload", "objects/batch", "PUT", "/commit/"])
def test_a_push_that_fails_at_any_step_is_one_line_and_changes_nothing_and_the_next_one_goes_through(
    step, answer, says, hub, here, run, told
):
    before = files_in(here)
    hub.fail(step, answer)
    assert says in told(*PUSH, code=1)
    hub.failures.clear()
    assert all(len(repo.commits) == 1 for repo in hub.repos.values())
    assert files_in(here) == before
    run(*PUSH)
    assert "fold-2/model.safetensors" in hub.repos[NAME].files


@pytest.mark.parametrize(("answer", "says"), TROUBLE)
@pytest.mark.parametrize("step", ["GET /api/models", "HEAD .*fold-1", "GET .*fold-2/model"])
def test_a_pull_that_fails_at_any_step_is_one_line_and_leaves_no_folder(step, answer, says, pushed, here, run, told):
    before = files_in(here)
    pushed.fail(step, answer)
    assert says in told(*PULL, code=1)
    assert says in told("evaluate", "mine.toml", "--model", f"hub:{NAME}", code=1)
    assert files_in(here) == before
    assert not Path("pulled").exists()
    pushed.failures.clear()
    run(*PULL)
    assert files_in(Path("pulled")) == files_in(Path("mine-mean"))


def test_a_file_that_breaks_off_half_way_leaves_no_folder(pushed, here, told):
    pushed.fail("GET .*fold-1/model", 200, body=b"half", headers={"Content-Length": "4"})
    before = files_in(here)
    told(*PULL, code=1)
    assert files_in(here) == before


def test_a_push_in_between_is_told_and_not_overwritten(pushed, here, run, told):
    theirs = pushed.repos[NAME].files | {"README.md": b"theirs"}
    pushed.meanwhile = lambda: pushed.repos[NAME].commit(theirs)
    said = told("models", "push", "mine-ridge", NAME, code=1)
    assert "changed on the Hub since this push began (412)" in said
    assert pushed.repos[NAME].files == theirs
    run("models", "push", "mine-ridge", NAME)
    assert pushed.repos[NAME].files != theirs


def test_a_short_failure_of_an_upload_is_got_over(hub, here, run):
    hub.fail("PUT", 503, times=1)
    run(*PUSH)


@pytest.mark.parametrize("headers", [{"Retry-After": "3600"}, {"RateLimit": '"api";r=0;t=3600'}])
def test_a_429_is_told_at_once_with_the_seconds_that_the_hub_asks_to_wait(headers, pushed, here, told):
    pushed.fail("GET .*fold-0/model", 429, headers=headers)
    before = len(pushed.requests)
    assert "wait 3600 seconds" in told(*PULL, code=1)
    assert sum("GET /lab" in request and "fold-0/model" in request for request in pushed.requests[before:]) == 1


def test_offline_is_told_but_a_commit_that_is_here_needs_no_hub(pushed, here, run, told, monkeypatch):
    run("models", "show", f"hub:{NAME}")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    huggingface_hub.close_session()
    pinned = f"hub:{NAME}@{pushed.repos[NAME].head}"
    assert run("models", "show", pinned, "--json").json["source"] == pinned
    assert "HF_HUB_OFFLINE is set" in told(*PULL, code=1)
    assert "HF_HUB_OFFLINE is set" in told(*PUSH, code=1)


def test_nobody_listens(pushed, here, told, monkeypatch):
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    assert "The connection to the Hub was lost" in told(*PULL, code=1)


def test_a_revision_that_is_not_there_is_told(pushed, here, told):
    assert "has no such revision" in told("models", "pull", f"{NAME}@v9", "--out", "pulled", code=1)


def test_another_commit_is_another_source_and_the_old_one_can_still_be_had(pushed, here, run):
    old = pushed.repos[NAME].head
    run("models", "push", "mine-ridge", NAME)
    assert run("models", "show", f"hub:{NAME}", "--json").json["source"] == f"hub:{NAME}@{pushed.repos[NAME].head}"
    assert pull_model(f"hub:{NAME}@{old}").key == "nearest_mean"


def test_a_private_model_is_not_seen_without_a_token(hub, here, run, told, monkeypatch):
    run(*PUSH, "--private")
    monkeypatch.setenv("HF_TOKEN", "")
    assert "gives no access" in told(*PULL, code=1)


@pytest.mark.parametrize("lacks", ["fold-1/config.json", "fold-0/model.safetensors"])
def test_a_repository_without_all_weights_is_refused(lacks, pushed, here, told):
    pushed.repos[NAME].commit({path: it for path, it in pushed.repos[NAME].files.items() if path != lacks})
    assert f"{lacks} is missing" in told(*PULL, code=2)
    assert not Path("pulled").exists()


def test_nothing_but_config_and_safetensors_is_pulled(pushed, here, run):
    pushed.repos[NAME].commit(pushed.repos[NAME].files | {"fold-0/model.py": b"boom", "weights.pkl": b"boom"})
    run(*PULL)
    assert files_in(Path("pulled")) == files_in(Path("mine-mean"))
    assert not any("model.py" in request or "pkl" in request for request in pushed.requests)


def test_broken_weights_are_refused_and_leave_no_folder(pushed, here, told):
    pushed.repos[NAME].commit(pushed.repos[NAME].files | {"fold-1/model.safetensors": b"\x80\x04pickle"})
    said = told(*PULL, code=2)
    assert "is broken: lab/mine-mean/fold-1 is not a saved model" in said
    assert not Path("pulled").exists()


def test_a_folder_that_holds_something_is_not_replaced(pushed, here, told):
    before = files_in(here)
    assert "data exists already" in told("models", "pull", NAME, "--out", "data", code=2)
    assert files_in(here) == before


def test_settings_do_not_go_with_a_model_of_the_hub(here, told):
    said = told("evaluate", "mine.toml", "--model", f"hub:{NAME}", "--set", "statistics=support", code=2)
    assert "Settings are for built-in models" in said


def test_a_token_that_the_hub_echoes_is_not_passed_on(pushed, here, told):
    pushed.fail("GET /api/models", 400, body={"error": f"the token {TOKEN} is odd"})
    assert "the token <token> is odd" in told(*PULL, code=1)


def test_an_answer_that_nobody_understands_is_one_line(hub, here, told):
    hub.fail("validate-yaml", 200, body=b"<html>")
    assert "JSONDecodeError" in told(*PUSH, code=1)


def test_what_is_set_for_a_question_is_as_before_afterwards(hub):
    session = huggingface_hub.get_session()
    before = session.event_hooks, session.timeout
    with asking(NAME):
        assert session.timeout != before[1]
    assert (session.event_hooks, session.timeout) == before
    assert not are_progress_bars_disabled()


@pytest.mark.parametrize("text", ["hub:x", "hub:a/b@", "hub:a/b@c d", "hub:a/../b", "hub:/b", "hub:a/b/c", "hub:-a/b"])
def test_what_is_no_address_is_refused(text):
    with pytest.raises(UsageError, match="is no address on the Hub"):
        parse_address(text)
