from __future__ import annotations

from datetime import date
from typing import Any

from django.db import models
from django.db.models import F, Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from qingdun.access.models.people import Account
from qingdun.access.models.units import Unit
from qingdun.access.roster import roles


class GrantQuerySet(models.QuerySet["Grant"]):
    def visible_to(self, user: Any) -> GrantQuerySet:
        """Those of the people whose units `user` may look into."""
        from qingdun.access import policy

        return self.filter(policy.scope(user, "access.view").q("account__person__unit__path"))

    def in_force(self, on: date) -> GrantQuerySet:
        """Grants that hold on that day, by themselves: nobody has to take an expired one away.

        What was delegated holds while the delegation and the giver's own grant hold too.
        """
        rows = self.standing(on).filter(starts__lte=on, account__is_active=True)
        return rows.filter(Q(delegation=None) | still_given("delegation__"))

    def standing(self, on: date) -> GrantQuerySet:
        """Grants that hold on that day or will, unless somebody ends them."""
        return self.filter(ends__gte=on, ended=None)

    def overlapping(self, starts: date, ends: date) -> GrantQuerySet:
        """Grants nobody ended whose term shares a day with this one."""
        return self.filter(ends__gte=starts, starts__lte=ends, ended=None)


def still_given(prefix: str = "") -> Q:
    """A delegation whose giver still has what he gave; `prefix` leads to the delegation."""
    return Q(
        Q(**{f"{prefix}grant": None}) | Q(**{f"{prefix}grant__ended": None}),
        **{f"{prefix}ended": None, f"{prefix}giver__is_active": True},
    )


class Grant(models.Model):
    """授权: one role, over one unit and all below it, for a term."""

    account = models.ForeignKey(Account, verbose_name=_("账号"), on_delete=models.CASCADE, related_name="grants")
    role = models.CharField(_("角色"), max_length=40)
    unit = models.ForeignKey(Unit, verbose_name=_("范围"), on_delete=models.PROTECT, related_name="grants")
    starts = models.DateField(_("生效日"))
    ends = models.DateField(_("截止日"))
    reason = models.CharField(_("事由"), max_length=200, blank=True)
    delegation = models.OneToOneField(
        "access.Delegation",
        verbose_name=_("委托"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="gives",
    )
    ended = models.DateTimeField(_("提前终止"), null=True, blank=True)
    ended_why = models.CharField(_("终止原因"), max_length=200, blank=True)

    objects = GrantQuerySet.as_manager()

    class Meta:
        ordering = ["account", "role"]
        verbose_name = _("授权")
        constraints = [
            models.CheckConstraint(condition=Q(ends__gte=F("starts")), name="grant_ends_after_start"),
            models.UniqueConstraint(
                fields=["account", "role", "unit", "starts"], condition=Q(ended=None), name="grant_once"
            ),
        ]
        indexes = [models.Index(fields=["ends"], name="grant_ends")]

    def __str__(self) -> str:
        role = roles()[self.role].name if self.role in roles() else self.role
        return f"{self.account}：{role}（{self.unit}，{self.starts} 至 {self.ends}）"

    @property
    def unit_path(self) -> str:
        return self.unit.path

    @property
    def title(self) -> str:
        """The role's name in the reader's language; its key when the file is gone."""
        found = roles().get(self.role)
        return found.title(get_language()) if found else self.role


class DelegationQuerySet(models.QuerySet["Delegation"]):
    def visible_to(self, user: Any) -> DelegationQuerySet:
        """Those of the people whose units `user` may look into."""
        from qingdun.access import policy

        return self.filter(policy.scope(user, "access.view").q("giver__person__unit__path"))

    def standing(self, on: date) -> DelegationQuerySet:
        return self.filter(ended=None, ends__gte=on)


class Delegation(models.Model):
    """委托: a holder lets another account use one grant, or decide what waits for him, until a day.

    `grant` empty: his approvals. What was delegated cannot be passed on.
    """

    giver = models.ForeignKey(Account, verbose_name=_("委托人"), on_delete=models.PROTECT, related_name="given")
    taker = models.ForeignKey(Account, verbose_name=_("受托人"), on_delete=models.PROTECT, related_name="taken")
    grant = models.ForeignKey(
        Grant, verbose_name=_("授权"), on_delete=models.PROTECT, null=True, blank=True, related_name="delegations"
    )
    starts = models.DateField(_("生效日"))
    ends = models.DateField(_("截止日"))
    reason = models.CharField(_("事由"), max_length=200)
    ended = models.DateTimeField(_("提前终止"), null=True, blank=True)
    ended_why = models.CharField(_("终止原因"), max_length=200, blank=True)

    objects = DelegationQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("委托")
        constraints = [
            models.CheckConstraint(condition=Q(ends__gte=F("starts")), name="delegation_ends_after_start"),
            models.CheckConstraint(condition=~Q(giver=F("taker")), name="delegation_to_another"),
        ]

    def __str__(self) -> str:
        return f"{self.giver} → {self.taker}（{self.starts} 至 {self.ends}）"

    @property
    def unit_path(self) -> str:
        return self.giver.person.unit.path


class RefusalQuerySet(models.QuerySet["Refusal"]):
    def visible_to(self, user: Any) -> RefusalQuerySet:
        """Those of the people whose units `user` may look into."""
        from qingdun.access import policy

        return self.filter(policy.scope(user, "access.view").q("account__person__unit__path"))

    def in_force(self, on: date) -> RefusalQuerySet:
        return self.filter(Q(ends=None) | Q(ends__gte=on), starts__lte=on, ended=None)


class Refusal(models.Model):
    """明示拒绝: one permission this account has not, over one unit and all below, whatever its grants say."""

    account = models.ForeignKey(Account, verbose_name=_("账号"), on_delete=models.CASCADE, related_name="refusals")
    permission = models.CharField(_("权限"), max_length=60)
    unit = models.ForeignKey(Unit, verbose_name=_("范围"), on_delete=models.PROTECT, related_name="refusals")
    starts = models.DateField(_("生效日"))
    ends = models.DateField(_("截止日"), null=True, blank=True)
    reason = models.CharField(_("事由"), max_length=200)
    ended = models.DateTimeField(_("解除时间"), null=True, blank=True)
    ended_why = models.CharField(_("解除原因"), max_length=200, blank=True)

    objects = RefusalQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("明示拒绝")
        constraints = [
            models.CheckConstraint(
                condition=Q(ends__isnull=True) | Q(ends__gte=F("starts")), name="refusal_ends_after_start"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account} ✕ {self.permission}（{self.unit}）"

    @property
    def unit_path(self) -> str:
        return self.unit.path
