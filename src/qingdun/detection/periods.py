"""Stretches of time by the installation's clock, as indicators count them and as addresses of lists write them."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

HOUR, DAY = "%Y-%m-%dT%H", "%Y-%m-%d"


def start(on: date) -> datetime:
    """Where the day begins."""
    return timezone.make_aware(datetime.combine(on, time()))


def end(on: date) -> datetime:
    """Where the day ends: the first moment of the next."""
    return start(on + timedelta(days=1))


def month(at: date) -> tuple[datetime, datetime]:
    """From the first of the month to the end of the day `at`."""
    return start(at.replace(day=1)), end(at)


def moment(text: str, *, closing: bool = False) -> datetime:
    """`2022-07-01`, or an hour as `2022-07-01T08`; `closing`: where that day or hour ends. Raises ValueError."""
    for shape, length in ((HOUR, timedelta(hours=1)), (DAY, timedelta(days=1))):
        try:
            found = datetime.strptime(text, shape)
        except ValueError:
            continue
        return timezone.make_aware(found + length if closing else found)
    raise ValueError(_("“%s”不是日期，请写成 2026-01-31 这样。") % text)
