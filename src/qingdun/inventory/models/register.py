from __future__ import annotations

from datetime import date
from typing import Any, Self, TypeVar

from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from qingdun.access import policy
from qingdun.access.models import Unit
from qingdun.access.tree import units_at

M = TypeVar("M", bound=models.Model)

COVERED, UNCOVERED, IN_SERVICE, RETIRED = "covered", "uncovered", "in_service", "retired"


def coverage(since: str) -> Case:
    """Out of service, covered since a day, or not covered: one word per row that a list can count over an index."""
    return Case(
        When(retired__isnull=False, then=Value(RETIRED)),
        When(**{f"{since}__isnull": False}, then=Value(COVERED)),
        default=Value(UNCOVERED),
    )


class Zone(models.TextChoices):
    """网络区域: where an address lives. The same private address may be used once in each."""

    INTERNET = "internet", _("互联网区")
    GOVNET = "govnet", _("政务外网区")
    MANAGEMENT = "management", _("管理区")


class Former(models.Model):
    """往期: what was so of a row from a day until a day and is no more. What is so today stands in the row itself.

    `what` is a column of the row: its owner (`unit`, `value` is the unit's key), a stage it was taken back from, its
    time facing the Internet, a site's `system`. With it any past day is counted as it was. `until` is the first day
    it was not so any more.
    """

    kind = models.CharField(max_length=60)
    row = models.BigIntegerField()
    what = models.CharField(max_length=20)
    value = models.BigIntegerField(null=True)
    since = models.DateField(_("起始日期"))
    until = models.DateField(_("截止日期"))

    class Meta:
        ordering = ["until"]
        verbose_name = _("往期")
        indexes = [
            models.Index(fields=["kind", "what", "until"], name="former_until"),
            models.Index(fields=["kind", "row"], name="former_row"),
        ]
        constraints = [models.CheckConstraint(condition=Q(until__gt=F("since")), name="former_has_a_length")]

    def __str__(self) -> str:
        return f"{self.kind} {self.row} {self.what} {self.since} {self.until}"

    @staticmethod
    def on(kind: str, what: str, day: date) -> models.QuerySet[Former]:
        """What was so on that day and is no more."""
        return Former.objects.filter(kind=kind, what=what, since__lte=day, until__gt=day)


def was(model: type[models.Model], what: str, on: date) -> Q:
    """Rows of which the dated column held on that day: still since then, or once and no more."""
    ended = Former.on(model._meta.label_lower, what, on)
    return Q(**{f"{what}__lte": on}) | Q(pk__in=ended.values("row"))


class InventoryQuerySet(models.QuerySet[M]):
    """What every register has in common: who may see it, and what stands in it on a day."""

    unit_field = "unit"
    since_field = "registered"

    def visible_to(self, user: Any) -> Self:
        return self.within(policy.scope(user, "inventory.view"))

    def held(self, scope: policy.Scope, on: date) -> Self:
        """Those whose owner unit stood inside the scope on that day, wherever both are today."""
        if scope.everywhere:
            return self
        units = units_at(scope, on).order_by().values("pk")
        here = Q(**{f"{self.unit_field}__in": units})
        if on >= timezone.localdate():
            return self.filter(here)
        kind = self.model._meta.label_lower
        since = Q(unit_since=None) | Q(unit_since__lte=on)
        return self.filter((here & since) | Q(pk__in=Former.on(kind, "unit", on).filter(value__in=units).values("row")))

    def within(self, scope: policy.Scope) -> Self:
        """Those of a scope. The units are found first, so that a big table is entered by its unit index."""
        return self if scope.everywhere else self.filter(of_units(scope.q("path"), self.unit_field))

    def in_service(self, on: date) -> Self:
        """Registered by that day and not out of service yet."""
        return self.filter(Q(retired=None) | Q(retired__gt=on), **{f"{self.since_field}__lte": on})

    def below(self, unit: Unit) -> Self:
        """Those of the unit and of every unit under it."""
        return self.filter(of_units(Q(path__startswith=unit.path), self.unit_field))


def of_units(units: Q, field: str = "unit") -> Q:
    """Rows whose unit is one of those; `field` leads from the rows to the unit."""
    return Q(**{f"{field}__in": Unit.objects.filter(units).order_by().values("pk")})


def units_open_to(user: Any, permission: str = "inventory.view") -> models.QuerySet[Unit]:
    """The units over which `user` holds the permission, in the order of the tree."""
    return Unit.objects.filter(policy.scope(user, permission).q("path"))
