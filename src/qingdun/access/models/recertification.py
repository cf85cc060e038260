from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from qingdun.access.models.grants import Grant
from qingdun.access.models.people import Account


class Campaign(models.Model):
    """授权复核: once in a half-year every grant is confirmed by a day, or it ends by itself."""

    half = models.CharField(_("半年"), max_length=7, unique=True)  # 2026-H2
    opened = models.DateField(_("发起日"))
    due = models.DateField(_("截止日"))
    closed = models.DateTimeField(_("结束时间"), null=True, blank=True)

    class Meta:
        ordering = ["-opened"]
        verbose_name = _("授权复核")

    def __str__(self) -> str:
        return self.half


class ConfirmationQuerySet(models.QuerySet["Confirmation"]):
    def visible_to(self, user: Any) -> ConfirmationQuerySet:
        """Those of the people whose units `user` may look into."""
        from qingdun.access import policy

        return self.filter(policy.scope(user, "access.view").q("grant__account__person__unit__path"))


class Confirmation(models.Model):
    """复核意见: what became of one grant in one campaign."""

    class Verdict(models.TextChoices):
        OPEN = "open", _("待复核")
        CONFIRMED = "confirmed", _("继续持有")
        ENDED = "ended", _("终止")
        LAPSED = "lapsed", _("逾期未复核，已终止")

    campaign = models.ForeignKey(Campaign, verbose_name=_("授权复核"), on_delete=models.PROTECT, related_name="items")
    grant = models.ForeignKey(Grant, verbose_name=_("授权"), on_delete=models.CASCADE, related_name="confirmations")
    verdict = models.CharField(_("意见"), max_length=10, choices=Verdict.choices, default=Verdict.OPEN)
    by = models.ForeignKey(
        Account, verbose_name=_("复核人"), on_delete=models.PROTECT, null=True, blank=True, related_name="confirmations"
    )
    at = models.DateTimeField(_("复核时间"), null=True, blank=True)

    objects = ConfirmationQuerySet.as_manager()

    class Meta:
        ordering = ["campaign", "grant"]
        verbose_name = _("复核意见")
        constraints = [
            models.UniqueConstraint(fields=["campaign", "grant"], name="confirmation_once"),
            models.CheckConstraint(
                condition=Q(verdict__in=["open", "lapsed"]) | Q(by__isnull=False), name="confirmation_by_somebody"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.campaign} {self.grant}"


class PowerCheck(models.Model):
    """权限总和核对: one night's look at what each account and each person hold together."""

    at = models.DateTimeField(_("时间"), auto_now_add=True)
    people = models.PositiveIntegerField(_("人员"))
    accounts = models.PositiveIntegerField(_("账号"))
    widest = models.PositiveIntegerField(_("一人最多持有的权限数"))
    permissions = models.PositiveIntegerField(_("权限总数"))
    problems = models.JSONField(_("问题"), default=list)

    class Meta:
        ordering = ["-at"]
        verbose_name = _("权限总和核对")

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d}"
