"""The one door through which alerts come to be and take further hits: many at once, never a query for each.

What people decide on an alert (state, assignee, notes) is not touched here; see `actions.alerts`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import orjson
from django.db import connection, transaction
from django.db.models import Q

from qingdun.access.models import Unit
from qingdun.detection.core.raised import Raised, ends, joins, written
from qingdun.detection.models import Alert
from qingdun.inventory.models import Host, System

Key = tuple[str, str]  # rule, group
_TABLE = Alert._meta.db_table
_ASKED = 400  # groups asked for in one query
_UPDATE = (
    f"UPDATE {_TABLE} SET hits = hits + %s, "  # noqa: S608 - the table's own name
    '"first" = CASE WHEN "first" < %s THEN "first" ELSE %s END, '
    '"last" = CASE WHEN "last" > %s THEN "last" ELSE %s END, '
    "level = CASE WHEN level > %s THEN level ELSE %s END, evidence = %s, live = %s WHERE id = %s"
)


@transaction.atomic
def raise_alerts(raised: Iterable[Raised], now: datetime) -> list[Alert]:
    """Add each to the alert of its rule and group that stands within SILENCE of it, or make a new one.

    Returns the alerts touched, each once. Rows of the register that are gone meanwhile are left empty.
    """
    several = sorted(raised, key=lambda one: (one.first, one.last, one.rule, one.grouped))
    if not several:
        return []
    standing = _standing({(one.rule, one.grouped) for one in several})
    known = _Known(several)
    new: list[Alert] = []
    touched: dict[int, _Change] = {}
    for one in several:
        alerts = standing[one.rule, one.grouped]
        fits = [alert for alert in alerts if joins(alert.first, alert.last, one)]
        alert = next((each for each in fits if each.live), None) or next(iter(fits), None)
        if alert is None:
            alert = known.made(one, now)
            alert.live = _takes_over(alerts, alert, touched)
            alerts.append(alert)
            new.append(alert)
        else:
            _add(alert, one, touched)
    stood = [change for change in touched.values() if change.alert.pk]
    _save(stood)
    Alert.objects.bulk_create(new, batch_size=500)
    return [*(change.alert for change in stood), *new]


class _Change:
    """What is added to an alert that stood before."""

    def __init__(self, alert: Alert) -> None:
        self.alert, self.hits = alert, 0


def _add(alert: Alert, one: Raised, touched: dict[int, _Change]) -> None:
    alert.hits += one.hits
    alert.first, alert.last = min(alert.first, one.first), max(alert.last, one.last)
    alert.level = max(alert.level, one.level)
    alert.evidence = ends(alert.evidence, written(one.evidence))
    touched.setdefault(id(alert), _Change(alert)).hits += one.hits


def _takes_over(alerts: Sequence[Alert], new: Alert, touched: dict[int, _Change]) -> bool:
    """The newest of a group takes further hits; an older episode that comes late does not."""
    live = [alert for alert in alerts if alert.live]
    if any(alert.last > new.last for alert in live):
        return False
    for alert in live:
        alert.live = False
        touched.setdefault(id(alert), _Change(alert))
    return True


def _standing(keys: set[Key]) -> dict[Key, list[Alert]]:
    """Alerts of these groups that may take hits: the live one, and open ones of earlier days for what comes late."""
    found: dict[Key, list[Alert]] = defaultdict(list)
    groups = sorted({group for _rule, group in keys})
    rules = {rule for rule, _group in keys}
    takes = Q(live=True) | Q(state__in=Alert.OPEN)
    for begin in range(0, len(groups), _ASKED):
        some = Alert.objects.filter(takes, grouped__in=groups[begin : begin + _ASKED], rule__in=rules)
        for alert in some.order_by("-live", "-last", "pk"):
            found[alert.rule, alert.grouped].append(alert)
    return found


def _save(changes: Sequence[_Change]) -> None:
    adapt = connection.ops.adapt_datetimefield_value
    rows: list[tuple[Any, ...]] = []
    for change in sorted(changes, key=lambda one: one.alert.live):  # those that end come first: one live alert a group
        alert = change.alert
        first, last = adapt(alert.first), adapt(alert.last)
        evidence = orjson.dumps(alert.evidence).decode()
        rows.append((change.hits, first, first, last, last, alert.level, alert.level, evidence, alert.live, alert.pk))
    if rows:
        with connection.cursor() as cursor:
            cursor.executemany(_UPDATE, rows)


class _Known:
    """Makes alerts; knows which of the rows they speak of are still there."""

    def __init__(self, raised: Sequence[Raised]) -> None:
        self._hosts = _present(Host, {one.host for one in raised})
        self._systems = _present(System, {one.system for one in raised})
        self._units = _present(Unit, {one.unit for one in raised})

    def made(self, one: Raised, now: datetime) -> Alert:
        return Alert(
            rule=one.rule[:64],
            title=one.title[:200],
            level=one.level,
            attack=one.attack[:40],
            techniques=list(one.techniques),
            grouped=one.grouped,
            source=one.source[:45],
            target=one.target[:200],
            host_id=one.host if one.host in self._hosts else None,
            system_id=one.system if one.system in self._systems else None,
            unit_id=one.unit if one.unit in self._units else None,
            first=one.first,
            last=one.last,
            hits=one.hits,
            evidence=ends([], written(one.evidence)),
            raised=now,
            delay=max(0.0, (now - one.received).total_seconds()) if one.received else 0.0,
        )


def _present(model: type[Host] | type[System] | type[Unit], keys: set[int | None]) -> set[int | None]:
    """Which of these rows still exist."""
    wanted = {key for key in keys if key is not None}
    return set(model.objects.filter(pk__in=wanted).values_list("pk", flat=True)) if wanted else set()
