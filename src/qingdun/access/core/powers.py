"""What one account holds at one moment, and what of a permission remains where. Pure.

A refusal beats every grant: what it covers is taken out of the scope, whichever grant, delegation or emergency it came
from. A token's account holds no more than the token names.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from qingdun.access.core.roles import Role


@dataclass(frozen=True, slots=True)
class Powers:
    """`held`: (role, path); `single`: (permission, path); `refused`: (permission, path); `emergency`: its number."""

    held: tuple[tuple[Role, str], ...] = ()
    single: tuple[tuple[str, str], ...] = ()
    refused: tuple[tuple[str, str], ...] = ()
    emergency: str = ""

    def reach(self, permission: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Where `permission` holds and which parts of that are refused: two sorted tuples of paths.

        A path under a refusal is left out, and so is a refusal that takes nothing away.
        """
        given = {path for role, path in self.held if permission in role.may}
        given |= {path for key, path in self.single if key == permission}
        denied = {path for key, path in self.refused if key == permission}
        paths = {path for path in given if not within(path, denied)}
        return tuple(sorted(paths)), tuple(sorted(path for path in denied if within(path, paths)))


NOTHING = Powers()


def within(path: str, roots: Iterable[str]) -> bool:
    """Is `path` one of `roots` or below one? Paths end with a slash."""
    return any(path.startswith(root) for root in roots)
