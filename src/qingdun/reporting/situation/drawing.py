"""The big screen's drawings as SVG, made on the server: nothing is redrawn when the screen refreshes. Pure.

Widths are shares of a fixed viewBox; the policy of our pages forbids inline style, attributes of SVG are none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 600, 200
TICKS = 4


@dataclass(frozen=True, slots=True)
class Curve:
    """A line and the area below it."""

    line: str
    area: str


@dataclass(frozen=True, slots=True)
class Tick:
    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Bar:
    """`width` of a hundred."""

    label: str
    value: str
    width: float
    href: str = ""
    tone: str = ""

    @property
    def left(self) -> float:
        """Where it begins when it stands in the middle."""
        return (100 - self.width) / 2


@dataclass(frozen=True, slots=True)
class Trend:
    curves: tuple[Curve, ...]
    rows: tuple[Tick, ...]
    columns: tuple[Tick, ...]


def trend(series: Sequence[Sequence[int]], labels: Sequence[str], every: int = 3) -> Trend:
    """Curves from zero on one scale, with a label under each `every`-th moment."""
    top = ceiling(max((value for one in series for value in one), default=0))
    step = WIDTH / max(1, len(labels) - 1)
    curves = []
    for one in series:
        points = [f"{number * step:.1f},{HEIGHT - value * HEIGHT / top:.1f}" for number, value in enumerate(one)]
        line = " ".join(points)
        curves.append(Curve(line, f"0,{HEIGHT} {line} {WIDTH},{HEIGHT}" if points else ""))
    rows = tuple(Tick(HEIGHT - HEIGHT * n / TICKS, f"{top * n // TICKS:,}") for n in range(TICKS + 1))
    columns = tuple(Tick(n * step, label) for n, label in enumerate(labels) if n % every == 0)
    return Trend(tuple(curves), rows, columns)


def ceiling(top: int) -> int:
    """A round number not below it, which quarters evenly."""
    power = 4
    while power * 10 < top:
        power *= 10
    return next(power * n for n in (1, 2, 3, 5, 10) if power * n >= top)


def bars(given: Sequence[tuple[str, int, str]]) -> list[Bar]:
    """(label, value, href), the longest one filling its track."""
    most = max((value for _label, value, _href in given), default=0) or 1
    return [Bar(label, f"{value:,}", round(100 * value / most, 1), href) for label, value, href in given]
