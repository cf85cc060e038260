"""A test of a compiled condition as people write it: how it compares, and with what."""

from __future__ import annotations

from typing import Any

from qingdun.detection.core.rules import Test


def shown(test: Test) -> tuple[str, tuple[str, ...]]:
    """(how, what is wanted). `how` is a word of `parts.Part.how`, with `_cased` where case counts."""
    match test:
        case ["s", list() as parts, bool() as cased]:
            how, text = _string(parts)
            return (f"{how}_cased" if cased and how != "present" else how), (text,)
        case ["n", number]:
            return "number", (str(number),)
        case ["b", bool() as wanted]:
            return "bool", ("true" if wanted else "false",)
        case ["null"]:
            return "null", ()
        case ["exists", bool() as wanted]:
            return ("exists" if wanted else "exists_not"), ()
        case ["re", list() as parts, str() as flags]:
            return "re", (f"(?{flags}){_text(parts)}" if flags else _text(parts),)
        case ["cidr", str() as network]:
            return "cidr", (network,)
        case ["cmp", str() as operator, number]:
            return operator, (str(number),)
        case ["part", str() as unit, str() as operator, number]:
            return f"{unit}_{operator}", (str(number),)
        case ["ref", str() as name, bool() as starts, bool() as ends]:
            return {(1, 1): "ref_contains", (1, 0): "ref_starts", (0, 1): "ref_ends"}.get(
                (int(starts), int(ends)), "ref"
            ), (name,)
    return "", (str(test),)


def _string(parts: list[Any]) -> tuple[str, str]:
    inner = [part for part in parts if not isinstance(part, int)]
    signs = [number for number, part in enumerate(parts) if isinstance(part, int)]
    if parts == [0]:
        return "present", "*"
    if 1 in parts or any(0 < number < len(parts) - 1 for number in signs):
        return "like", _text(parts)
    first, last = bool(parts) and parts[0] == 0, bool(parts) and parts[-1] == 0
    how = {(True, True): "contains", (True, False): "ends", (False, True): "starts"}.get((first, last), "equals")
    return how, _text(inner)


def _text(parts: list[Any]) -> str:
    """Parts with their wildcards, and placeholders by name."""
    signs = {0: "*", 1: "?"}
    return "".join(
        part if isinstance(part, str) else f"%{part[1]}%" if isinstance(part, list) else signs[part] for part in parts
    )
