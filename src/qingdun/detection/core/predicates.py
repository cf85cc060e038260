"""One test of one value. Literals are found for all values at once by the scanner; the others look at each value.

Every value is text here: numbers as JSON writes them, booleans as `true` and `false` (see `events.text`).
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Literal

import re2

from qingdun.detection.core import expressions
from qingdun.detection.core.folding import fold
from qingdun.detection.core.rules import Test

Check = Callable[[str, str], bool]  # the value as it is, and folded
Kind = Literal["equals", "contains", "starts", "ends", "verify", "lazy"]
SHORT, LONG = (
    3,
    1000,
)  # bytes; a shorter literal is found too often for the common scan, a longer one is too long for it
COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "lt": lambda one, other: one < other,
    "lte": lambda one, other: one <= other,
    "gt": lambda one, other: one > other,
    "gte": lambda one, other: one >= other,
    "eq": lambda one, other: one == other,
    "neq": lambda one, other: one != other,
}


@dataclass(frozen=True, slots=True)
class Predicate:
    """How a test is carried out: by the scanner (`literal`, folded), by `check` alone (lazy), or by both (verify)."""

    kind: Kind
    literal: str = ""
    check: Check | None = None


def predicates(test: Test) -> list[Predicate]:
    """A test of a value as one or more predicates, any of which suffices."""
    match test:
        case ["s", parts, cased]:
            return [_text(tuple(parts), cased)]
        case ["n", int() | float() as number]:
            texts = {str(number), repr(float(number))} if float(number).is_integer() else {repr(number)}
            return [Predicate("equals", text) for text in sorted(texts)]
        case ["b", bool() as wanted]:
            return [Predicate("equals", "true" if wanted else "false")]
        case ["re", parts, flags]:
            return [Predicate("lazy", check=_search("".join(parts), flags))]
        case ["cidr", str() as network]:
            return [Predicate("lazy", check=_cidr(network))]
        case ["cmp", operator, number]:
            return [Predicate("lazy", check=_number(COMPARE[operator], number))]
        case ["part", unit, operator, number]:
            return [Predicate("lazy", check=_part(unit, COMPARE[operator], number))]
    raise ValueError(f"没有这种测试：{test!r}")


# --- strings --------------------------------------------------------------------------------------------------------


def _text(parts: tuple[Any, ...], cased: bool) -> Predicate:
    """`parts` as in `rules`: text, 0 for `*`, 1 for `?`."""
    text = "".join(part for part in parts if isinstance(part, str))
    wanted = text if cased else fold(text)
    match tuple(part if isinstance(part, int) else "" for part in parts):
        case () | ("",):
            kind: Kind = "equals"
        case (0, "", 0):
            kind = "contains"
        case ("", 0):
            kind = "starts"
        case (0, ""):
            kind = "ends"
        case _:
            return _glob(parts, cased)
    if not cased and (kind == "equals" or _scannable(wanted)):
        return Predicate(kind, wanted)
    if cased and kind != "equals" and _scannable(wanted):
        return Predicate("verify", fold(wanted), _plain(kind, wanted, cased))
    return Predicate("lazy", check=_plain(kind, wanted, cased))


def _plain(kind: Kind, wanted: str, cased: bool) -> Check:
    choose: dict[Kind, Callable[[str], bool]] = {
        "equals": lambda value: value == wanted,
        "contains": lambda value: wanted in value,
        "starts": lambda value: value.startswith(wanted),
        "ends": lambda value: value.endswith(wanted),
    }
    test = choose[kind]
    return (lambda value, _folded: test(value)) if cased else (lambda _value, folded: test(folded))


def _glob(parts: tuple[Any, ...], cased: bool) -> Predicate:
    """Wildcards inside; the longest literal part is what the scanner looks for."""
    literals = [part if cased else fold(part) for part in parts if isinstance(part, str)]
    longest = max(literals, key=len, default="")
    signs = {0: ".*", 1: "."}
    pattern = "".join(
        signs[part] if isinstance(part, int) else _quoted(part if cased else fold(part)) for part in parts
    )
    check = _search(rf"\A{pattern}\z", "s", folding=not cased)
    return Predicate("verify", fold(longest), check) if _scannable(longest) else Predicate("lazy", check=check)


def _scannable(text: str) -> bool:
    """Hyperscan's binding ends a literal at its first NUL."""
    return "\0" not in text and SHORT <= len(text.encode("utf-8", "surrogatepass")) <= LONG


def _search(pattern: str, flags: str, *, folding: bool = False) -> Check:
    """Compiled when it is first needed: most expressions of most rules never are."""

    def check(value: str, folded: str) -> bool:
        return expressions.compiled(pattern, flags)(folded if folding else value)

    return check


def _quoted(text: str) -> str:
    return str(re2.escape(text))


# --- addresses, numbers, times --------------------------------------------------------------------------------------


@lru_cache(maxsize=65536)
def address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The address a value names; an IPv4 address within IPv6 (`::ffff:…`) is itself."""
    try:
        found = ipaddress.ip_address(text.strip().partition("%")[0])
    except ValueError:
        return None
    return (found.ipv4_mapped or found) if isinstance(found, ipaddress.IPv6Address) else found


def _cidr(network: str) -> Check:
    held = ipaddress.ip_network(network, strict=False)

    def check(value: str, _folded: str) -> bool:
        found = address(value)
        return found is not None and found.version == held.version and found in held

    return check


def number(text: str) -> int | float | None:
    """The number a value is, exact when whole; None for what is no decimal number."""
    try:
        return int(text) if re.fullmatch(r"\s*[-+]?\d{1,400}\s*", text, re.ASCII) else _real(text)
    except ValueError:
        return None


def _real(text: str) -> float | None:
    found = float(text) if re.fullmatch(r"\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?\s*", text, re.ASCII) else None
    return found if found is not None and abs(found) != float("inf") else None


def _number(compare: Callable[[Any, Any], bool], bound: float) -> Check:
    def check(value: str, _folded: str) -> bool:
        found = number(value)
        return found is not None and compare(found, bound)

    return check


@lru_cache(maxsize=65536)
def moment(text: str) -> datetime | None:
    """The time a value is: ISO 8601 in its wider sense, or seconds, milli-, micro- or nanoseconds since 1970."""
    plain = text.strip()
    if plain[4:5] == "-" and plain[:4].isdigit() and len(plain) <= len("2026-01-31T00:00:00.000000+00:00"):
        try:  # as our own columns are written: nothing else to try first
            return datetime.fromisoformat(plain)
        except ValueError:
            pass
    if (epoch := number(plain)) is not None and len(plain) >= 9:
        scale = next((scale for scale in (1, 10**3, 10**6, 10**9) if abs(epoch) < 10**11 * scale), None)
        return datetime.fromtimestamp(epoch / scale, UTC) if scale else None
    if fraction := re.search(r"\.(\d{7,})", plain):
        plain = plain.replace(fraction[1], fraction[1][:6])
    try:
        return datetime.fromisoformat(plain.replace("/", "-"))
    except ValueError:
        return None


PARTS: dict[str, Callable[[datetime], int]] = {
    "minute": lambda at: at.minute,
    "hour": lambda at: at.hour,
    "day": lambda at: at.day,
    "week": lambda at: at.isocalendar().week,
    "month": lambda at: at.month,
    "year": lambda at: at.year,
}


def _part(unit: str, compare: Callable[[Any, Any], bool], bound: float) -> Check:
    """The part as the value writes it: the specification converts no time zones (modifiers appendix, "Time")."""
    part = PARTS[unit]

    def check(value: str, _folded: str) -> bool:
        at = moment(value)
        return at is not None and compare(part(at), bound)

    return check
