"""A channel outside: a group robot, a mail address, a webhook. The city writes one file for each.

name: 安全值守群
english: Duty group
url: wecom://…            # as Apprise reads it; it holds the secret, so the file is for its owner only
kinds: [audit., approvals.overdue]
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["name", "english", "url", "kinds"],
    "properties": {
        "name": {"type": "string", "minLength": 1},
        "english": {"type": "string", "minLength": 1},
        "url": {"type": "string", "pattern": "^[a-z0-9]+://"},
        "kinds": {"type": "array", "items": {"type": "string", "minLength": 1}, "minItems": 1, "uniqueItems": True},
    },
}

#: How long to wait after each failure; after the last one a delivery is given up and stays visible as failed.
WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 720))


@dataclass(frozen=True, slots=True)
class Channel:
    """通道: where pointers to messages of some kinds are sent. `url` is secret and never printed."""

    key: str
    name: str
    english: str
    url: str = field(repr=False)
    kinds: tuple[str, ...]

    def carries(self, kind: str) -> bool:
        """Does this channel carry messages of `kind`?"""
        return kind.startswith(self.kinds)

    def title(self, language: str | None) -> str:
        return self.english if (language or "").startswith("en") else self.name


def wait_after(failures: int) -> timedelta | None:
    """How long to wait after that many failures (from 1); None when it is enough."""
    return WAITS[failures - 1] if failures <= len(WAITS) else None


def without_secret(problem: str, url: str) -> str:
    """An error text in which the channel's address, or any long part of it, is not repeated."""
    for part in sorted({url, *url.replace("?", "/").split("/")}, key=len, reverse=True):
        if len(part) >= 6:
            problem = problem.replace(part, "…")
    return problem[:300]
