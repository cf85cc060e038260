"""Stage 1: which pieces of a million requests could be an attack at all? Whole columns at a time.

A piece (a path, a name, a value, a referer, a user agent) is let through unread when both hold:

- it carries no sign that some signal must see: no quote, bracket, separator, control or odd encoding;
- none of the signals that can do without such a sign matches. The literals they need are looked for first, all of them
  in one pass (Hyperscan); an expression is only searched where one of its literals stands.

What a signal needs is read off its pattern (`needs`), so a signal added by a city is gated rightly by itself. The gate
may hold back too much, never too little: `tests/detection/webattack` holds it against `judge`.
"""

from __future__ import annotations

import base64
import re
from collections import defaultdict
from functools import cache
from typing import Any

import hyperscan
import numpy as np
import polars as pl
from numpy.typing import NDArray

from qingdun.detection.core.webattack.needs import Needs, needs
from qingdun.detection.core.webattack.signals import Signal, automaton, classes

#: What may stand percent-encoded in a harmless piece, and what it means. Every other escape makes a suspect.
HARMLESS = {
    "%20": " ", "+": " ", "%21": "！", "%2b": "+", "%2c": ",", "%2d": "-", "%2e": ".", "%2f": "/", "%3a": ":",
    "%3d": "=", "%3f": "?", "%40": "@", "%5b": "[", "%5d": "]", "%5f": "_", "%7e": "~", "%26": "&",
}  # fmt: skip
ODD = (
    r"['\"<>;|&`$(){}\\^*#\x00-\x1f]|!\S|%(?:u|[01]|2[^0]|[3-7]|c[01]|e0%80|ef%b[cd]|f0%80|f[5-9a-f])"
    r"|%e3%80%82|%e2%9[1-3]|%$|%[^0-9a-fu]|\.\.|[^\x00-\x7f]"
)
#: A letter of UTF-8 as escapes; what is left of such bytes is another encoding, or none.
UTF8 = r"%(?:c[2-9a-f]|d[0-9a-f])%[89ab][0-9a-f]|%e[0-9a-f](?:%[89ab][0-9a-f]){2}|%f[0-4](?:%[89ab][0-9a-f]){3}"
#: What SQL's shapes need besides their words: a figure, a comparison, a comma.
SQL = (
    r"\b(?:and|or|xor|div|mod|not|like|rlike|regexp|between|in|is|union|intersect|except|select|insert|update|delete|drop"
    r"|exec|from|where|having|order|group|limit|case|when|if|set)\b.*[\d=(,:-]|\d ?(?:=|like) ?\d|::|--|/\*"
)
#: What the signals that read base64 look for.
HIDDEN = (
    *("while(", "require", "process", "eval(", "exec(", "script", "/bin/", "<?php", "passwd", "system(", "alert"),
    *("union ", "\\u00", "uname", "nd_func", "ND_FUNC"),
)


def suspects(pieces: pl.Series, part: str) -> pl.Series:
    """Which of `pieces` (text, as sent) may hold an attack: a column of booleans, the same length and order."""
    plain = pieces.str.to_lowercase().str.replace_many(list(HARMLESS), list(HARMLESS.values()))
    if part == "target":  # its pieces are looked at one by one; only what reads it as a whole is left
        return _found(plain, part) | plain.str.contains(r"%[3-7]")
    odd = plain.str.contains(AGENT if part == "user_agent" else ODD) | plain.str.contains(SQL)
    odd |= plain.str.replace_all(UTF8, "~").str.contains("%[89a-f]")
    held = pieces.str.contains(_encoded()) | (pieces.str.len_chars() > 2_000)
    return odd | held | _found(plain, part)


FEW = 1_000  # pieces, up to which each is looked at by itself

#: A user agent is full of brackets and semicolons; these are the signs that are not.
AGENT = r"['\"<>|&!`$\\{}^*\x00-\x1f]|\) ?\(\)|^ ?;|&#|::|\([^)]*\(|(?:^|[^a-z])[a-z_]+\("


@cache
def _encoded() -> str:
    """The middles of what HIDDEN's words look like in base64, at each of the three places they may begin."""
    found = set()
    for word in HIDDEN:
        for before in range(3):
            text = base64.b64encode(b"\0" * before + word.encode()).decode()
            first, last = (0, 2, 3)[before], len(text) - (0, 3, 2)[(before + len(word)) % 3]
            if last - first >= 5:
                found.add(re.escape(text[first:last]))
    return "|".join(sorted(found))


def _found(plain: pl.Series, part: str) -> pl.Series:
    """Which pieces a signal of `part` that needs no sign matches."""
    if len(plain) <= FEW:
        automaton = _together(part)
        return pl.Series([bool(automaton.Match(text)) for text in plain.to_list()], dtype=pl.Boolean)
    flagged = np.zeros(len(plain), dtype=bool)
    spaced = plain.str.contains(" ", literal=True).to_numpy()
    rows = _standing(plain, part)
    for number, (signal, needed) in enumerate(_without_sign(part)):
        if needed.literals:
            here = rows[number]
            here = here[spaced[here]] if needed.space else here
        else:
            here = np.flatnonzero(spaced & ~flagged if needed.space else ~flagged)
        if len(here):
            flagged[here[plain.gather(here).str.contains(signal.pattern).to_numpy()]] = True
    return pl.Series(flagged)


@cache
def _together(part: str) -> Any:
    """All signals of `part` that need no sign as one automaton: for a few pieces cheaper than one pass for each."""
    return automaton([signal.pattern for signal, _needed in _without_sign(part)])


def _standing(plain: pl.Series, part: str) -> dict[int, NDArray[np.int64]]:
    """Number of a signal → the rows in which one of its literals stands; all rows are scanned as one text."""
    encoded = plain.cast(pl.Binary)
    ends = np.cumsum(encoded.bin.size().to_numpy().astype(np.int64) + 1)
    hits: dict[int, list[int]] = defaultdict(list)

    def note(literal: int, _begin: int, end: int, _flags: int, _context: object) -> None:
        hits[literal].append(end)

    database, wanted = _automaton(part)
    database.scan(b"\n".join(encoded.to_list()), match_event_handler=note)
    rows: dict[int, list[NDArray[np.int64]]] = defaultdict(list)
    for literal, found in hits.items():
        row = np.unique(np.searchsorted(ends, np.array(found), side="left"))
        for signal in wanted[literal]:
            rows[signal].append(row)
    return defaultdict(lambda: NOWHERE, {signal: np.unique(np.concatenate(parts)) for signal, parts in rows.items()})


NOWHERE: NDArray[np.int64] = np.zeros(0, dtype=np.int64)


@cache
def _automaton(part: str) -> tuple[Any, list[list[int]]]:
    """All literals of the signals of `part`, and for each the numbers of the signals that need it."""
    wanted: dict[str, list[int]] = defaultdict(list)
    for number, (_signal, needed) in enumerate(_without_sign(part)):
        for literal in needed.literals:
            wanted[literal].append(number)
    literals = [literal.encode() for literal in wanted]
    database = hyperscan.Database()
    database.compile(
        expressions=literals,
        ids=list(range(len(literals))),
        elements=len(literals),
        flags=[0] * len(literals),
        literal=True,
    )
    database.scratch = hyperscan.Scratch(database)
    return database, list(wanted.values())


@cache
def _without_sign(part: str) -> tuple[tuple[Signal, Needs], ...]:
    """`hidden` reads base64 and `sent` the escapes: both are seen by the gate's own expressions."""
    return tuple(
        (signal, needed)
        for kind in classes().values()
        for signal in kind.signals
        if part in signal.where and signal.form not in ("hidden", "sent") and not (needed := needs(signal.pattern)).sign
    )
