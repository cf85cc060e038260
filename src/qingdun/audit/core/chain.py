"""The link of the chain: each digest covers its entry and the digest before it (SHA-256; SM3, GB/T 32905)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

GENESIS = "0" * 64


def canonical(content: Mapping[str, object]) -> bytes:
    """The one byte form of an entry's content: sorted keys, no spaces, UTF-8."""
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def link(previous: str, content: Mapping[str, object], algorithm: str) -> str:
    """The digest (64 hex digits) of `content` following `previous`, by `"sha256"` or `"sm3"`."""
    digest = hashlib.new(algorithm)
    digest.update(previous.encode("ascii"))
    digest.update(canonical(content))
    return digest.hexdigest()
