"""What was read from one feed: values in normal form, column by column, and what was refused and why."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

import polars as pl

from qingdun.detection.core import indicators
from qingdun.detection.core.indicators import Refused

TIME = pl.Datetime("us", "UTC")
SCHEMA: dict[str, pl.DataType] = {
    "kind": pl.String(),
    "value": pl.String(),
    "category": pl.String(),  # null: nothing said
    "weight": pl.Int64(),
    "note": pl.String(),
    "since": TIME,
    "until": TIME,
}
LONGEST_NOTE = 200
FEW = 20  # refusals below which a file is never taken for one of another shape


class Unreadable(ValueError):
    """The whole of it cannot be used: file, line or key, what is wrong. Nothing of it is taken."""


@dataclass(slots=True)
class Refusal:
    """How many values were refused for one reason, and the first of them in full."""

    count: int
    first: str


@dataclass(slots=True)
class Taken:
    """取到的情报. `up_to`: from where to ask next time, in the words of the server."""

    rows: list[tuple[str, str, str | None, int | None, str, datetime | None, datetime | None]] = field(
        default_factory=list
    )
    refused: dict[str, Refusal] = field(default_factory=dict)
    up_to: str = ""

    def take(
        self,
        text: str,
        where: str,
        *,
        kind: str = "",
        category: str | None = None,
        weight: int | None = None,
        note: str = "",
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> None:
        """One value as the feed wrote it; `where` it stands."""
        try:
            found = indicators.read(text, kind)
        except Refused as error:
            self.refuse(error.why, f"{where}：{error}")
        else:
            self.rows.append((found.kind, found.value, category, weight, note[:LONGEST_NOTE], since, until))

    def refuse(self, why: str, first: str) -> None:
        """What cannot be used is counted by its reason."""
        if (known := self.refused.get(why)) is not None:
            known.count += 1
        else:
            self.refused[why] = Refusal(1, first)

    @property
    def refusals(self) -> int:
        return sum(one.count for one in self.refused.values())

    @property
    def read(self) -> int:
        return len(self.rows) + self.refusals

    def frame(self) -> pl.DataFrame:
        """One row a value: of several the heaviest, then the one that lasts longest."""
        rows = pl.DataFrame(self.rows, schema=SCHEMA, orient="row")
        order = pl.col("until").fill_null(pl.datetime(9999, 1, 1, time_zone="UTC"))
        ranked = rows.sort(pl.col("weight").fill_null(-1), order, descending=True, maintain_order=True)
        return ranked.unique(["kind", "value"], keep="first", maintain_order=True)

    def check(self, name: str) -> None:
        """A file of which most is refused is of another shape, an error page for instance. Raises `Unreadable`."""
        if self.refusals > max(FEW, len(self.rows)):
            first = next(iter(self.refused.values())).first
            counts = f"{self.read} 条中有 {self.refusals} 条不能用"
            raise Unreadable(f"{name}：{counts}，多半不是这种格式，未导入任何一条。第一条：{first}")
