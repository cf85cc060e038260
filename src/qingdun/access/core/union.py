"""Does anybody hold too much together? Asked every night of what stands in the database, not of what should. Pure.

A rule may have changed after a grant was given (a role's file, an exclusion, a transfer of an account), so what was
lawful then is looked at again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

from qingdun.access.core.roles import SEPARATED, Role


def faults(held: Sequence[Role], extra: frozenset[str], everything: frozenset[str]) -> list[tuple[str, Sequence[str]]]:
    """What is wrong with these roles (and single permissions) in one hand: (rule, what it is about).

    `everything`: all is permitted; `separated`: two of the powers that make three officers three; `meets`: two roles
    that exclude each other.
    """
    powers = extra.union(*(role.may for role in held)) if held else extra
    found: list[tuple[str, Sequence[str]]] = []
    if powers >= everything:
        found.append(("everything", ()))
    if len(both := sorted(powers & SEPARATED)) > 1:
        found.append(("separated", both))
    unique: Mapping[str, Role] = {role.key: role for role in held}
    found += [("meets", (a.key, b.key)) for a, b in combinations(unique.values(), 2) if not a.meets(b)]
    return found
