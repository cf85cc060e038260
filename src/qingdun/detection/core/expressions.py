"""Regular expressions in linear time only: RE2, and Hyperscan for what RE2 refuses by size. No other engine runs.

An expression is searched for anywhere in the value. `$` without the flag `m` also stands before a line end that is the
last character, as in PCRE, the flavour the specification names (modifiers appendix, "Regular Expression").
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import hyperscan
import re2

Search = Callable[[str], bool]


class NotLinear(ValueError):
    """No linear-time engine can run this expression; the text says why."""


@lru_cache(maxsize=4096)
def compiled(pattern: str, flags: str = "") -> Search:
    """`search(text) -> bool`. Raises `NotLinear`. `flags` are letters of `ims`."""
    options = re2.Options()
    options.log_errors = False
    options.max_mem = 64 << 20
    inline = f"(?{flags})" if flags else ""
    try:
        found = re2.compile(inline + (pattern if "m" in flags else _ends(pattern)), options=options)
    except re2.error as refused:
        said = refused.args[0] if refused.args else ""
        return _hyperscan(pattern, flags, said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said))
    search = found.search
    return lambda text: search(text) is not None


def _ends(pattern: str) -> str:
    """RE2's `$` is the very end of the text; PCRE's also stands before a last line end."""
    if "$" not in pattern:
        return pattern
    made: list[str] = []
    escaped = in_class = False
    for char in pattern:
        made.append(r"(?:\n?\z)" if char == "$" and not escaped and not in_class else char)
        if escaped:
            escaped = False
        elif char == "\\":
            escaped = True
        elif in_class:
            in_class = char != "]" or made[-2:-1] == ["["] or made[-3:-1] == ["[", "^"]
        elif char == "[":
            in_class = True
    return "".join(made)


def _hyperscan(pattern: str, flags: str, reason: str) -> Search:
    letters = {"i": hyperscan.HS_FLAG_CASELESS, "m": hyperscan.HS_FLAG_MULTILINE, "s": hyperscan.HS_FLAG_DOTALL}
    bits = hyperscan.HS_FLAG_SINGLEMATCH | hyperscan.HS_FLAG_UTF8 | hyperscan.HS_FLAG_ALLOWEMPTY
    for flag in flags:
        bits |= letters[flag]
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    try:
        database.compile(expressions=[pattern.encode("utf-8", "replace")], ids=[0], elements=1, flags=[bits])
    except hyperscan.error:
        raise NotLinear(f"正则表达式 {pattern} 没有线性时间的引擎能执行（{reason}）") from None

    def search(text: str) -> bool:
        hits: list[int] = []
        database.scan(text.encode("utf-8", "replace"), match_event_handler=lambda number, *_rest: hits.append(number))
        return bool(hits)

    return search
