"""Which rows a page holds, and from which end of a long list they are reached with fewest steps."""

from __future__ import annotations

from dataclasses import dataclass

SIZES = (20, 50, 100)


@dataclass(frozen=True, slots=True)
class Page:
    """One page of `total` rows. `number` counts from 1 and always exists, even when there are no rows."""

    number: int
    size: int
    total: int

    @classmethod
    def of(cls, wanted: int, size: int, total: int) -> Page:
        """The nearest page that exists."""
        size = size if size in SIZES else SIZES[0]
        return cls(max(1, min(wanted, -(-total // size))), size, total)

    @property
    def count(self) -> int:
        return max(1, -(-self.total // self.size))

    @property
    def start(self) -> int:
        return (self.number - 1) * self.size

    @property
    def stop(self) -> int:
        return min(self.start + self.size, self.total)

    @property
    def first_shown(self) -> int:
        return self.start + 1 if self.total else 0

    @property
    def previous(self) -> int | None:
        return self.number - 1 if self.number > 1 else None

    @property
    def next(self) -> int | None:
        return self.number + 1 if self.number < self.count else None

    @property
    def from_end(self) -> bool:
        """Is it quicker to read the list backwards? No page then skips more than half of the rows."""
        return self.start > self.total - self.stop

    @property
    def backward(self) -> tuple[int, int]:
        """Start and stop in the reversed list."""
        return self.total - self.stop, self.total - self.start
