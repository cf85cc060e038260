"""The tree of units as codes and the codes above them."""

from __future__ import annotations

from collections.abc import Mapping

Parents = Mapping[str, str | None]


def loop(parents: Parents) -> list[str] | None:
    """Codes that stand above each other in a round, in order; None when there is none."""
    safe: set[str] = set()
    for start in parents:
        way: dict[str, None] = {}
        here: str | None = start
        while here is not None and here not in safe:
            if here in way:
                order = list(way)
                return order[order.index(here) :]
            way[here] = None
            here = parents.get(here)
        safe.update(way)
    return None


def paths(parents: Parents) -> dict[str, str]:
    """Code → path, those above first. The tree must have no round; a parent that is not in it counts as none."""
    found: dict[str, str] = {}
    for start in parents:
        way = []
        here: str | None = start
        while here is not None and here in parents and here not in found:
            way.append(here)
            here = parents[here]
        for key in reversed(way):
            above = parents[key]
            found[key] = f"{found.get(above, '/')}{key}/" if above else f"/{key}/"
    return found
