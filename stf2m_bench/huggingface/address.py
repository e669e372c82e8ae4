"""What people call a model or a dataset on the Hub: `ORG/NAME`, or `ORG/NAME@REVISION`."""

from __future__ import annotations

import re
from dataclasses import dataclass

from stf2m_bench.errors import UsageError

PREFIX = "hub:"
_PART = r"[A-Za-z0-9](?:[\w.-]*[A-Za-z0-9_])?"
_REPO = re.compile(rf"{_PART}/{_PART}", re.ASCII)
_REVISION = re.compile(r"[\w.+/-]{1,200}", re.ASCII)
_COMMIT = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True)
class Address:
    """One model or dataset on the Hub.

    Attributes:
        revision: a branch, a tag or a commit; None is the newest commit.
    """

    repo: str
    revision: str | None = None

    @property
    def name(self) -> str:
        """The repository without its owner."""
        return self.repo.partition("/")[2]

    @property
    def is_pinned(self) -> bool:
        """Whether the revision is a whole commit, which never changes."""
        return self.revision is not None and _COMMIT.fullmatch(self.revision) is not None

    def __str__(self) -> str:
        return self.repo if self.revision is None else f"{self.repo}@{self.revision}"


def parse_address(text: str) -> Address:
    """The address in `[hub:]ORG/NAME[@REVISION]`.

    Raises:
        UsageError: it is none.

    >>> parse_address("hub:lab/model@v1")
    Address(repo='lab/model', revision='v1')
    """
    repo, at, revision = text.removeprefix(PREFIX).partition("@")
    odd = ".." in text or "--" in repo or len(repo) > 96
    if odd or not _REPO.fullmatch(repo) or (at and not _REVISION.fullmatch(revision)):
        raise UsageError(f"'{text}' is no address on the Hub; expected ORG/NAME or ORG/NAME@REVISION.")
    return Address(repo, revision or None)
