"""封禁策略文件: `operations/policies/*.yaml`, and the city's beside them.

    name: 多台设备拦截
    english: Intercepted by several devices
    note: …                        # what it is for, in words
    note_en: …
    mode: block                    # off, dry, propose, block: until an installation chooses otherwise
    when: {attacks: […], actions: [blocked], rules: […], said: device, level: 3}   # each may be left out
    hits: 20
    devices: 2
    minutes: 10
    term: 1440                     # minutes of a first block; a repeat doubles it, up to 30 days
    samples:
      - signals: [{source: 203.0.113.9, device: 1, attack: sql_injection, action: blocked, at: '10:00:00', hits: 12}, …]
        decides: [{source: 203.0.113.9, hits: 24}]

A sample's times are times of one day. Whatever is wrong with a file refuses it, with file, key and reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, time
from functools import lru_cache
from typing import Any

from qingdun.detection.book import book
from qingdun.detection.classes import classes
from qingdun.detection.core.signals import Signal
from qingdun.lib.home import content
from qingdun.lib.registry import Unbuildable, load
from qingdun.operations.core.policy import LONGEST, MODES, Policies, Policy

Stamp = tuple[tuple[str, int, int], ...]
ACTIONS = ("blocked", "alerted", "deceived", "allowed", "")
_TEXT = {"type": "string", "minLength": 1}
_COUNT = {"type": "integer", "minimum": 1}
_WORDS = {"type": "array", "items": {"type": "string"}, "minItems": 1, "uniqueItems": True}
SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["name", "english", "note", "note_en", "mode", "when", "hits", "minutes", "term", "samples"],
    "properties": {
        **dict.fromkeys(("name", "english", "note", "note_en"), _TEXT),
        "mode": {"enum": list(MODES)},
        "when": {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "attacks": _WORDS,
                "actions": {"type": "array", "items": {"enum": list(ACTIONS)}, "minItems": 1},
                "rules": _WORDS,
                "said": {"enum": ["device", "rule"]},
                "level": {"type": "integer", "minimum": 1, "maximum": 5},
            },
        },
        "hits": _COUNT,
        "devices": _COUNT,
        "minutes": {"type": "integer", "minimum": 1, "maximum": 1440},
        "term": {"type": "integer", "minimum": 1, "maximum": LONGEST},
        "direction": {"enum": ["inbound", "outbound", "both"]},
        "samples": {
            "type": "array",
            "minItems": 2,
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["signals", "decides"],
                "properties": {
                    "signals": {
                        "type": "array",
                        "minItems": 1,
                        "items": {
                            "type": "object",
                            "additionalProperties": False,
                            "required": ["source", "at"],
                            "properties": {
                                "source": _TEXT,
                                "at": {"type": "string", "pattern": r"^\d\d:\d\d:\d\d$"},
                                "device": {"type": "integer"},
                                "attack": {"type": "string"},
                                "action": {"enum": list(ACTIONS)},
                                "level": {"type": "integer"},
                                "hits": _COUNT,
                                "rule": {"type": "string"},
                            },
                        },
                    },
                    "decides": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "additionalProperties": False,
                            "required": ["source"],
                            "properties": {"source": _TEXT, "hits": _COUNT},
                        },
                    },
                },
            },
        },
    },
}


def policies() -> Mapping[str, Policy]:
    """Every policy by key, read again when a file of the city's changed. Raises BrokenContent with every fault."""
    return _read(stamp())


@lru_cache(maxsize=2)
def _read(_stamp: Stamp) -> Mapping[str, Policy]:
    return load("qingdun.operations.policies", _build, schema=SCHEMA)


def stamp() -> Stamp:
    """The city's files, and when each was written."""
    folder = content() / "operations" / "policies"
    files = sorted(folder.glob("*")) if folder.is_dir() else []
    return tuple((file.name, (told := file.stat()).st_mtime_ns, told.st_size) for file in files)


def _build(key: str, document: dict[str, Any]) -> Policy:
    when = document["when"]
    policy = Policy(
        key=key,
        name=document["name"],
        english=document["english"],
        note=document["note"],
        note_en=document["note_en"],
        mode=document["mode"],
        attacks=frozenset(when.get("attacks", ())),
        actions=frozenset(when.get("actions", ())),
        rules=frozenset(when.get("rules", ())),
        said=when.get("said", ""),
        level=when.get("level", 0),
        hits=document["hits"],
        devices=document.get("devices", 1),
        minutes=document["minutes"],
        term=document["term"],
        direction=document.get("direction", "inbound"),
    )
    if wrong := policy.attacks - set(classes()):
        raise Unbuildable(f"没有攻击类别 {'、'.join(sorted(wrong))}", "when.attacks")
    if wrong := frozenset(rule for rule in policy.rules if rule.lower() not in book()):
        raise Unbuildable(f"没有规则 {'、'.join(sorted(wrong))}", "when.rules")
    for number, sample in enumerate(document["samples"]):
        _prove(policy, sample, number)
    return policy


def _prove(policy: Policy, sample: Mapping[str, Any], number: int) -> None:
    """The policy must decide what its own sample says, whatever mode it is in."""
    made = Policies([policy], {policy.key: "propose"}).feed([_signal(one) for one in sample["signals"]])
    wanted = [(one["source"], one.get("hits")) for one in sample["decides"]]
    found = [
        (one.source, one.hits if number < len(wanted) and wanted[number][1] else None)
        for number, one in enumerate(made)
    ]
    if found != wanted:
        raise Unbuildable(f"样例应得 {wanted}，实得 {[(one.source, one.hits) for one in made]}", f"samples.{number}")


def _signal(given: Mapping[str, Any]) -> Signal:
    at = datetime.combine(datetime(2022, 7, 1, tzinfo=UTC), time.fromisoformat(given["at"]), UTC)
    return Signal(
        source=given["source"],
        device=given.get("device", 1),
        attack=given.get("attack", ""),
        action=given.get("action", ""),
        level=given.get("level", 3),
        hits=given.get("hits", 1),
        first=at,
        last=at,
        rule=given.get("rule", ""),
    )
