"""Sharing out: indicators as a STIX 2.1 bundle. An identifier is made of kind and value, so a thing keeps its own."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from stix2 import Bundle
from stix2 import Indicator as StixIndicator

from qingdun.detection.core.indicators import Kind
from qingdun.detection.models import Indicator

MOST = 10_000  # of one bundle
_NAMESPACE = uuid5(NAMESPACE_URL, "https://qingdun.example/intelligence")
_PATHS = {
    Kind.DOMAIN: "domain-name:value",
    Kind.URL: "url:value",
    Kind.MD5: "file:hashes.MD5",
    Kind.SHA1: "file:hashes.'SHA-1'",
    Kind.SHA256: "file:hashes.'SHA-256'",
}
_TYPES = {"anonymizer": "anonymization"}


def bundle(indicators: Iterable[Indicator]) -> str:
    """As text; heaviest of the same value only."""
    seen: dict[tuple[str, str], Any] = {}
    for one in indicators:
        key = (one.kind, one.value)
        if key not in seen or one.weight > seen[key].confidence:
            seen[key] = _stix(one)
    return str(Bundle(objects=list(seen.values())).serialize(pretty=True))


def _stix(one: Indicator) -> Any:
    told: dict[str, Any] = {
        "id": f"indicator--{uuid5(_NAMESPACE, f'{one.kind}:{one.value}')}",
        "created": one.added,
        "modified": one.added,
        "name": one.value,
        "pattern": pattern(one.kind, one.value),
        "pattern_type": "stix",
        "valid_from": _start(one),
        "indicator_types": [_TYPES.get(one.category, "malicious-activity")],
        "labels": [one.category],
        "confidence": one.weight,
    }
    if one.valid_until:
        told["valid_until"] = one.valid_until
    return StixIndicator(**told)


def _start(one: Indicator) -> datetime:
    start = one.valid_from or one.added
    return min(start, one.added) if one.valid_until and one.valid_until <= start else start


def pattern(kind: str, value: str) -> str:
    """One comparison, quoted by the grammar of patterns."""
    path = _PATHS.get(Kind(kind)) or ("ipv6-addr:value" if ":" in value else "ipv4-addr:value")
    quoted = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"[{path} = '{quoted}']"
