"""The one place that asks the Hub: whatever goes wrong there becomes one sentence, in which no token stands.

huggingface_hub repeats uploads and downloads that meet a 5xx or a lost connection, up to 5 times within 23 seconds.
It would also wait out a 429 for as long as the Hub says, and wait for an answer without end; neither is left to it.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import metadata
from typing import TYPE_CHECKING, Any

from stf2m_bench.errors import BenchError, CouldNotError

if TYPE_CHECKING:
    from huggingface_hub import HfApi

SECONDS_FOR_AN_ANSWER = 120.0
_HTTP = ("httpx", "httpx2")  # which one depends on the version of huggingface_hub


@contextmanager
def asking(repo: str, kind: str = "model") -> Iterator[HfApi]:
    """Yield the Hub's client; what it raises within becomes a sentence about `repo`, a model or a dataset.

    The Hub's address and the token are what huggingface_hub takes: `HF_ENDPOINT`, `HF_TOKEN`, `hf auth login`.

    Raises:
        CouldNotError: no access, no such thing, changed meanwhile, too many requests, no connection, ...
    """
    from huggingface_hub import HfApi

    with _quiet(), _impatient(repo):
        try:
            yield HfApi(library_name="stf2m-bench", library_version=metadata.version("stf2m-bench"))
        except Exception as error:
            causes = list(_causes(error))
            ours = next((cause for cause in causes if isinstance(cause, BenchError)), None)
            if ours is not None:
                raise ours from None
            if sentence := _sentence(causes, repo, kind):
                raise CouldNotError(sentence) from error
            raise


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """The error and what lies behind it: a failed upload hides its reason in its cause."""
    while error is not None:
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _sentence(causes: list[BaseException], repo: str, kind: str) -> str:
    """What to tell the user; empty for what the Hub has no part in, such as a full disk."""
    from huggingface_hub.errors import HfHubHTTPError, OfflineModeIsEnabled

    for cause in causes:
        if isinstance(cause, HfHubHTTPError):
            return _refusal(cause, repo, kind)
        if isinstance(cause, OfflineModeIsEnabled):
            return "The Hub was not asked, because HF_HUB_OFFLINE is set; unset it and repeat."
        if isinstance(cause, ConnectionError) or type(cause).__module__.partition(".")[0] in _HTTP:
            return (
                f"The connection to the Hub was lost ({type(cause).__name__}) before '{repo}' was through; nothing is"
                " half-written: repeat the same command when the network is back."
            )
    if isinstance(causes[0], OSError) and causes[0].errno is not None:
        return ""
    said = _safe(str(causes[-1]))
    return f"The Hub's client could not do this for '{repo}' ({type(causes[-1]).__name__}: {said})."


def _refusal(error: Any, repo: str, kind: str) -> str:
    from huggingface_hub.errors import GatedRepoError, RevisionNotFoundError

    status = error.response.status_code
    if isinstance(error, RevisionNotFoundError):
        return f"'{repo}' has no such revision on the Hub ({status}); give a branch, a tag or a whole commit."
    if isinstance(error, GatedRepoError):
        return f"'{repo}' is gated ({status}); agree to its terms on its page of the Hub, log in, then repeat."
    if status in (401, 403):
        return (
            f"The Hub gives no access to '{repo}', or there is no such {kind} ({status}); check the name, then log in"
            " with 'hf auth login' or set HF_TOKEN to a token that may do this."
        )
    if status == 404:
        return f"The Hub has no '{repo}' that you may see ({status}); check the name, log in if it is private."
    if status == 412:
        return (
            f"'{repo}' changed on the Hub since this push began ({status}); nothing was overwritten: look at what was"
            " pushed, then repeat the same command."
        )
    if status == 429:
        return _too_many(repo, "")
    if status >= 500:
        return f"The Hub failed while it was asked for '{repo}' ({status}); nothing is half-written: repeat it later."
    return (
        f"The Hub refused what was asked for '{repo}' ({status}: {_safe(error.server_message or 'no reason given')})."
    )


def _too_many(repo: str, seconds: str) -> str:
    wait = f"wait {seconds} seconds" if seconds else "wait a few minutes"
    return f"The Hub was asked too often, the last time for '{repo}' (429); {wait}, then repeat the same command."


def _safe(text: str) -> str:
    """One line without the token, should a server ever echo it."""
    from huggingface_hub import get_token

    token = get_token()
    line = " ".join(text.split())
    return (line.replace(token, "<token>") if token else line)[:500]


@contextmanager
def _quiet() -> Iterator[None]:
    """Neither bars nor warnings of huggingface_hub: what matters is said in one line at the end."""
    from huggingface_hub.utils import logging as hub_logging
    from huggingface_hub.utils.tqdm import are_progress_bars_disabled, disable_progress_bars, enable_progress_bars

    level, silent = hub_logging.get_verbosity(), are_progress_bars_disabled()
    hub_logging.set_verbosity(logging.ERROR)
    if not silent:
        disable_progress_bars()
    try:
        yield
    finally:
        hub_logging.set_verbosity(level)
        if not silent:
            enable_progress_bars()


@contextmanager
def _impatient(repo: str) -> Iterator[None]:
    """A 429 ends the work at once, and so does a Hub that is silent for two minutes."""
    from huggingface_hub import get_session

    def stop(response: Any) -> None:
        if response.status_code == 429:
            raise CouldNotError(_too_many(repo, _seconds_to_wait(response.headers)))

    session = get_session()
    hooks, timeout = session.event_hooks, session.timeout
    session.event_hooks = {**hooks, "response": [*hooks.get("response", []), stop]}
    session.timeout = SECONDS_FOR_AN_ANSWER
    try:
        yield
    finally:
        session.event_hooks, session.timeout = hooks, timeout


def _seconds_to_wait(headers: Any) -> str:
    """From `Retry-After: 55` or `RateLimit: "api";r=0;t=55`."""
    found = re.fullmatch(r"(\d+)", headers.get("retry-after", "")) or re.search(
        r"\bt=(\d+)", headers.get("ratelimit", "")
    )
    return found[1] if found else ""
