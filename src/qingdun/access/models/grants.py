from __future__ import annotations

from datetime import date

from django.db import models
from django.db.models import F, Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from qingdun.access.models.people import Account
from qingdun.access.models.units import Unit
from qingdun.access.roster import roles


class GrantQuerySet(models.QuerySet["Grant"]):
    def in_force(self, on: date) -> GrantQuerySet:
        """Grants that hold on that day, by themselves: nobody has to take an expired one away."""
        return self.filter(starts__lte=on, ends__gte=on, account__is_active=True)

    def overlapping(self, starts: date, ends: date) -> GrantQuerySet:
        """Grants whose term shares a day with this one."""
        return self.filter(ends__gte=starts, starts__lte=ends)


class Grant(models.Model):
    """授权: one role, over one unit and all below it, for a term."""

    account = models.ForeignKey(Account, verbose_name=_("账号"), on_delete=models.CASCADE, related_name="grants")
    role = models.CharField(_("角色"), max_length=40)
    unit = models.ForeignKey(Unit, verbose_name=_("范围"), on_delete=models.PROTECT, related_name="grants")
    starts = models.DateField(_("生效日"))
    ends = models.DateField(_("截止日"))

    objects = GrantQuerySet.as_manager()

    class Meta:
        ordering = ["account", "role"]
        verbose_name = _("授权")
        constraints = [
            models.CheckConstraint(condition=Q(ends__gte=F("starts")), name="grant_ends_after_start"),
            models.UniqueConstraint(fields=["account", "role", "unit", "starts"], name="grant_once"),
        ]

    def __str__(self) -> str:
        role = roles()[self.role].name if self.role in roles() else self.role
        return f"{self.account}：{role}（{self.unit}，{self.starts} 至 {self.ends}）"

    @property
    def title(self) -> str:
        """The role's name in the reader's language; its key when the file is gone."""
        found = roles().get(self.role)
        return found.title(get_language()) if found else self.role
