"""攻击类别: every sort of attack we count, and the words by which devices name it, from `detection/classes/*.yaml`.

    name: 暴力破解
    english: Brute force
    techniques: [T1110]
    incident: {class: NA, sub: 凭据攻击}   # GB/T 20986-2023; the letters are those of one platform, see the taxonomy
    words: [暴力破解, brute force]         # a word of Latin letters counts only as a whole word
    products: [hydra]                      # names of tools, which outweigh words; a number may follow
    samples: {named: [SSH暴力破解], others: [登录成功]}

`general: true`: the class is taken only where no other speaks. `hostile: false`: no attack, never read from words.
No Django: the reader process names the class of every event with it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import polars as pl

from qingdun.lib.registry import Unbuildable, load

SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["name", "english", "techniques", "words", "samples"],
    "properties": {
        "name": {"type": "string", "minLength": 1},
        "english": {"type": "string", "minLength": 1},
        "techniques": {"type": "array", "items": {"type": "string", "pattern": r"^T\d{4}(\.\d{3})?$"}},
        "incident": {
            "type": "object",
            "additionalProperties": False,
            "required": ["class", "sub"],
            "properties": {"class": {"type": "string"}, "sub": {"type": "string"}},
        },
        "general": {"type": "boolean"},
        "hostile": {"type": "boolean"},
        "words": {"type": "array", "items": {"type": "string", "minLength": 2}, "uniqueItems": True},
        "products": {"type": "array", "items": {"type": "string", "minLength": 2}, "uniqueItems": True},
        "samples": {
            "type": "object",
            "additionalProperties": False,
            "required": ["named", "others"],
            "properties": {
                "named": {"type": "array", "items": {"type": "string"}},
                "others": {"type": "array", "items": {"type": "string"}, "minItems": 1},
            },
        },
    },
}
_LATIN = re.compile(r"[a-z0-9]")
#: What follows a word of a class and takes its sense away: the device speaks of its own upkeep.
_UPKEEP = re.compile(
    r"(?:病毒|漏洞|规则|特征|情报|威胁)库|(?:anti-?virus|signature|rule|database) ?(?:update|upgrade)|更新|升级"
)


@dataclass(frozen=True, slots=True)
class AttackClass:
    """攻击类别."""

    key: str
    name: str
    english: str
    techniques: tuple[str, ...]
    incident: tuple[str, str]  # class and sub-class of GB/T 20986-2023; empty where none fits
    general: bool
    hostile: bool
    words: tuple[str, ...]
    products: tuple[str, ...]  # names of tools and products: they say more than any word
    named: tuple[str, ...]
    others: tuple[str, ...]

    def title(self, language: str | None) -> str:
        """In the language of a reader."""
        return self.english if (language or "").startswith("en") else self.name


@cache
def classes() -> Mapping[str, AttackClass]:
    """Every class by key. Raises BrokenContent with every fault of every file."""
    return load("qingdun.detection.classes", _build, schema=SCHEMA, together=_apart)


def of_words(category: pl.Series, name: pl.Series) -> pl.Series:
    """The class a device's words speak of, row by row; null where they speak of none. Each distinct pair once.

    The name of a rule says more than its category; of several words the longest counts.
    """
    pairs = pl.DataFrame({"category": category.cast(pl.String), "name": name.cast(pl.String)})
    distinct = pairs.unique()
    kinds = pl.coalesce(_named(distinct["name"]), _named(distinct["category"]))
    known = distinct.with_columns(distinct.select(kinds.alias("attack")))
    joined = pairs.join(known, on=["category", "name"], how="left", nulls_equal=True, maintain_order="left")
    return joined["attack"]


def of_techniques(techniques: Iterable[str]) -> str:
    """The class of a rule that names nothing but ATT&CK techniques; empty when they are of none."""
    known = _by_technique()
    for one in techniques:
        found = known.get(one.upper()) or known.get(one.upper().partition(".")[0])
        if found:
            return found
    return ""


def _named(text: pl.Series) -> pl.Series:
    words, best = _words()
    folded = text.str.to_lowercase()
    found = folded.str.extract_many(list(words), overlapping=True).list.unique()
    kinds = [
        best(one, some) if one is not None and some is not None and len(some) else None
        for one, some in zip(folded.to_list(), found.to_list(), strict=True)
    ]
    return pl.Series("attack", kinds, dtype=pl.String)


@cache
def _words() -> tuple[Mapping[str, tuple[int, str]], Callable[[str, list[str]], str | None]]:
    """Word → (its rank, its class), and what chooses among the words of one text."""
    held: dict[str, tuple[int, str]] = {}
    for one in classes().values():
        held |= {word: (0 if one.general else 1, one.key) for word in one.words if one.hostile}
        held |= {word: (2, one.key) for word in one.products if one.hostile}
    whole = {
        word: re.compile(rf"(?<![a-z0-9]){re.escape(word)}(?![a-z{'' if rank == 2 else '0-9'}])")
        for word, (rank, _kind) in held.items()
        if _LATIN.search(word)
    }

    def best(text: str, some: list[str]) -> str | None:
        standing = [word for word in some if word not in whole or whole[word].search(text)]
        if not standing or _UPKEEP.search(text):
            return None
        return held[max(standing, key=lambda word: (held[word][0], _weight(word), word))][1]

    return held, best


def _weight(word: str) -> int:
    """Chinese says in two characters what English says in ten letters."""
    return sum(1 if letter.isascii() else 4 for letter in word)


@cache
def _by_technique() -> Mapping[str, str]:
    found: dict[str, str] = {
        "T1505": "web_shell",
        "T1003": "data_theft",
        "T1562": "log_loss",
        "T1136": "account_change",
    }
    found |= {"T1548": "privilege_abuse", "T1068": "privilege_abuse", "T1090": "c2", "T1046": "scanner"}
    for key in ("exploit", "brute_force", "malware", "c2", "privilege_abuse"):  # their techniques are shared
        found |= dict.fromkeys(classes()[key].techniques, key)
    for one in classes().values():
        for technique in one.techniques:
            found.setdefault(technique, one.key)
    return found


def _build(key: str, document: dict[str, Any]) -> AttackClass:
    words, products = tuple(document["words"]), tuple(document.get("products", ()))
    if any(word != word.lower() for word in (*words, *products)):
        raise Unbuildable("词要写成小写", "words")
    incident = document.get("incident", {})
    samples = document["samples"]
    return AttackClass(
        key,
        document["name"],
        document["english"],
        tuple(document["techniques"]),
        (incident.get("class", ""), incident.get("sub", "")),
        document.get("general", False),
        document.get("hostile", True),
        words,
        products,
        tuple(samples["named"]),
        tuple(samples["others"]),
    )


def _apart(found: Mapping[str, AttackClass]) -> Iterable[tuple[str, Unbuildable]]:
    """A word stands for one class."""
    taken: dict[str, str] = {}
    for key, one in found.items():
        for word in (*one.words, *one.products):
            other = taken.setdefault(word, key)
            if other != key:
                yield key, Unbuildable(f"“{word}”已是 {other} 的词", "words")
