"""A throw-away server on this machine that speaks as much of the Hub's API as we use, and keeps all in memory.

Tokens: `Bearer hf_...` may do everything; without one only public models are seen. `fail` makes answers go wrong.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit

LOST = "lost"
TOKEN = "hf_SentinelThatNobodyMaySee"
REPO = r"(?P<repo>[^/]+/[^/]+)"
DATASET = r"(?P<repo>datasets/[^/]+/[^/]+)"


@dataclass
class Repo:
    """Commits in order, each with its whole tree: path -> bytes."""

    private: bool
    commits: list[tuple[str, dict[str, bytes]]] = field(default_factory=list)

    @property
    def head(self) -> str:
        return self.commits[-1][0]

    @property
    def files(self) -> dict[str, bytes]:
        return self.commits[-1][1]

    def commit(self, files: dict[str, bytes]) -> str:
        """A new head with these files alone."""
        text = repr((len(self.commits), sorted((path, hashlib.sha256(it).hexdigest()) for path, it in files.items())))
        self.commits.append((hashlib.sha1(text.encode()).hexdigest(), files))
        return self.head

    def at(self, revision: str) -> tuple[str, dict[str, bytes]] | None:
        """The commit that a branch or a commit id means."""
        known = dict(self.commits) | {"main": self.files}
        if revision not in known:
            return None
        return (self.head if revision == "main" else revision), known[revision]


@dataclass(frozen=True)
class Answer:
    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Failure:
    """The next `times` requests whose `METHOD path` matches get this answer; LOST drops the connection."""

    pattern: str
    answer: Answer | str
    times: int


class Hub:
    """The repositories, the large files, and every request that came: `METHOD path` and its bytes.

    A dataset's repository is called `datasets/ORG/NAME`.
    `meanwhile` is called once, just before the next commit is weighed: somebody else may push there.
    """

    def __init__(self) -> None:
        self.repos: dict[str, Repo] = {}
        self.large: dict[str, bytes] = {}
        self.requests: list[str] = []
        self.received = b""
        self.endpoint = ""
        self.failures: list[Failure] = []
        self.meanwhile: Callable[[], object] | None = None
        self.lock = threading.Lock()

    def fail(
        self,
        pattern: str,
        answer: int | str,
        times: int = 99,
        *,
        body: Any = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        """Let requests go wrong: a status, or `LOST`."""
        told = answer if isinstance(answer, str) else Answer(answer, body or {"error": "told to fail"}, headers or {})
        self.failures.append(Failure(pattern, told, times))

    def failure(self, request: str) -> Answer | str | None:
        for one in self.failures:
            if one.times > 0 and re.search(one.pattern, request):
                one.times -= 1
                return one.answer
        return None

    def seen(self, name: str, token: str) -> Repo | None:
        """The repository, if whoever asks may see it."""
        repo = self.repos.get(name)
        return repo if repo and (token or not repo.private) else None


@contextmanager
def serving() -> Iterator[Hub]:
    """A Hub at `hub.endpoint` while the context lasts."""
    hub = Hub()
    server = _Server(("127.0.0.1", 0), type("Handler", (_Handler,), {"hub": hub}))
    hub.endpoint = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is no news; anything else is."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    hub: Hub

    def log_message(self, format: str, *args: object) -> None:
        return None

    def _serve(self) -> None:
        path = unquote(urlsplit(self.path).path)
        request = f"{self.command} {path}"
        sent = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        with self.hub.lock:
            self.hub.requests.append(request)
            self.hub.received += sent
            answer = self.hub.failure(request) or self._answer(path, sent)
        if isinstance(answer, str):
            self.close_connection = True
            return
        body = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
        self.send_response(answer.status)
        for name, value in ({"Content-Length": str(len(body))} | answer.headers).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_HEAD = do_POST = do_PUT = _serve

    def _answer(self, path: str, sent: bytes) -> Answer:
        method = "GET" if self.command == "HEAD" else self.command
        for verb, pattern, does in _ROUTES:
            found = re.fullmatch(pattern, path)
            if verb == method and found:
                token = self.headers.get("Authorization", "").removeprefix("Bearer ")
                return does(self.hub, token, sent, **found.groupdict())
        return Answer(404, {"error": f"no such route: {method} {path}"})


def _create(hub: Hub, token: str, sent: bytes) -> Answer:
    wish = json.loads(sent)
    name = f"{wish['organization']}/{wish['name']}"
    if not token:
        return Answer(401, {"error": "Invalid username or password."})
    url = {"url": f"{hub.endpoint}/{name}"}
    if name in hub.repos:
        return Answer(409, url | {"error": "You already created this model repo"})
    hub.repos[name] = Repo(wish.get("visibility") == "private" or bool(wish.get("private")))
    hub.repos[name].commit({".gitattributes": b"*.safetensors filter=lfs\n"})
    return Answer(200, url)


def _info(hub: Hub, token: str, sent: bytes, repo: str, revision: str = "main") -> Answer:
    held = hub.seen(repo, token)
    if held is None:
        return _no_repo()
    at = held.at(revision)
    if at is None:
        return Answer(404, {"error": "Invalid rev id"}, {"X-Error-Code": "RevisionNotFound"})
    files = [{"rfilename": path} for path in sorted(at[1])]
    return Answer(200, {"id": repo, "sha": at[0], "private": held.private, "tags": [], "siblings": files})


def _tree(hub: Hub, token: str, sent: bytes, repo: str, revision: str) -> Answer:
    held = hub.seen(repo, token)
    at = held.at(revision) if held else None
    if at is None:
        return _no_repo()
    files = [{"type": "file", "path": path, "size": len(it), "oid": _oid(path, it)} for path, it in at[1].items()]
    return Answer(200, files)


def _no_repo() -> Answer:
    return Answer(401, {"error": "Repository not found"}, {"X-Error-Code": "RepoNotFound"})


def _validate(hub: Hub, token: str, sent: bytes) -> Answer:
    content = json.loads(sent)["content"]
    errors = [] if content.startswith("---\n") else [{"message": "no front matter"}]
    return Answer(400 if errors else 200, {"errors": errors, "warnings": []})


def _preupload(hub: Hub, token: str, sent: bytes, repo: str, revision: str) -> Answer:
    files = hub.repos[repo].files
    told = [
        {
            "path": file["path"],
            "uploadMode": "lfs" if file["path"].endswith(".safetensors") else "regular",
            "shouldIgnore": False,
            "oid": _oid(file["path"], files[file["path"]]) if file["path"] in files else None,
        }
        for file in json.loads(sent)["files"]
    ]
    return Answer(200, {"files": told})


def _oid(path: str, content: bytes) -> str:
    if path.endswith(".safetensors"):
        return hashlib.sha256(content).hexdigest()
    return hashlib.sha1(b"blob %d\x00" % len(content) + content).hexdigest()


def _batch(hub: Hub, token: str, sent: bytes, repo: str) -> Answer:
    told = []
    for wanted in json.loads(sent)["objects"]:
        href = {"upload": {"href": f"{hub.endpoint}/large/{wanted['oid']}"}}
        told.append(wanted | ({} if wanted["oid"] in hub.large else {"actions": href}))
    return Answer(200, {"transfer": "basic", "objects": told})


def _put(hub: Hub, token: str, sent: bytes, oid: str) -> Answer:
    assert not token, "a signed address needs no token"
    assert hashlib.sha256(sent).hexdigest() == oid
    hub.large[oid] = sent
    return Answer(200, {})


def _commit(hub: Hub, token: str, sent: bytes, repo: str, revision: str) -> Answer:
    if hub.meanwhile:
        meanwhile, hub.meanwhile = hub.meanwhile, None
        meanwhile()
    held = hub.repos[repo]
    files = dict(held.files)
    for line in map(json.loads, sent.splitlines()):
        value = line["value"]
        if line["key"] == "header" and value.get("parentCommit") not in (None, held.head):
            return Answer(412, {"error": "A commit has happened since. Please refresh and try again."})
        if line["key"] == "file":
            files[value["path"]] = base64.b64decode(value["content"])
        if line["key"] == "lfsFile":
            files[value["path"]] = hub.large[value["oid"]]
        if line["key"] == "deletedFile":
            del files[value["path"]]
    commit = held.commit(files)
    return Answer(200, {"commitUrl": f"{hub.endpoint}/{repo}/commit/{commit}", "commitOid": commit})


def _resolve(hub: Hub, token: str, sent: bytes, repo: str, revision: str, path: str) -> Answer:
    held = hub.seen(repo, token)
    at = held.at(revision) if held else None
    if at is None:
        return _no_repo()
    if path not in at[1]:
        return Answer(404, {}, {"X-Error-Code": "EntryNotFound", "X-Repo-Commit": at[0]})
    return Answer(200, at[1][path], {"X-Repo-Commit": at[0], "ETag": f'"{_oid(path, at[1][path])}"'})


_ROUTES: list[tuple[str, str, Callable[..., Answer]]] = [
    ("POST", "/api/repos/create", _create),
    ("POST", "/api/validate-yaml", _validate),
    ("GET", f"/api/models/{REPO}", _info),
    ("GET", f"/api/models/{REPO}/revision/(?P<revision>.+)", _info),
    ("GET", f"/api/{DATASET}/revision/(?P<revision>.+)", _info),
    ("GET", f"/api/{DATASET}/tree/(?P<revision>.+)", _tree),
    ("POST", f"/api/models/{REPO}/preupload/(?P<revision>.+)", _preupload),
    ("POST", f"/api/models/{REPO}/commit/(?P<revision>.+)", _commit),
    ("POST", rf"/{REPO}\.git/info/lfs/objects/batch", _batch),
    ("PUT", "/large/(?P<oid>.+)", _put),
    ("GET", f"/{DATASET}/resolve/(?P<revision>[^/]+)/(?P<path>.+)", _resolve),
    ("GET", f"/{REPO}/resolve/(?P<revision>[^/]+)/(?P<path>.+)", _resolve),
]
