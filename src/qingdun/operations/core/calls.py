"""What is asked of a device over HTTP and what it says: values, so that testing needs no network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Request:
    """`path` begins with a slash and carries its query."""

    method: str
    path: str
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Response:
    """`body` is what stood in the answer as JSON, None when it was none."""

    status: int
    body: Any = None
