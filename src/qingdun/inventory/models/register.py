from __future__ import annotations

from datetime import date
from typing import Any, Self, TypeVar

from django.db import models
from django.db.models import Case, Q, Value, When
from django.utils.translation import gettext_lazy as _

from qingdun.access import policy
from qingdun.access.models import Unit

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


class InventoryQuerySet(models.QuerySet[M]):
    """What every register has in common: who may see it, and what stands in it on a day."""

    unit_field = "unit"
    since_field = "registered"

    def visible_to(self, user: Any) -> Self:
        return self.within(policy.scope(user, "inventory.view"))

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
