from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from qingdun.access import policy
from qingdun.access.models import Account
from qingdun.detection.models.alerts import Alert


class SuppressionQuerySet(models.QuerySet["Suppression"]):
    def visible_to(self, user: Any, permission: str = "detection.view") -> SuppressionQuerySet:
        """A suppression changes what is seen of the whole city, so it belongs to the root."""
        return self if policy.scope(user, permission).covers(policy.ROOT) else self.none()

    def active(self) -> SuppressionQuerySet:
        """Those whose filters hold today."""
        return self.filter(state=Suppression.State.ACTIVE, until__gte=timezone.localdate())


class Suppression(models.Model):
    """抑制: a Sigma filter document by which rules no longer speak of something, with an owner, a reason and an end.

    A draft is measured by replay before it may hold. `effect` keeps what was measured (`replay.Effect`).
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("待生效")
        ACTIVE = "active", _("生效中")
        ENDED = "ended", _("已结束")

    title = models.CharField(_("名称"), max_length=200)
    rules = models.JSONField(_("规则"), default=list)  # ids or names as the document writes them; empty: any
    text = models.TextField(_("过滤文档"))
    reason = models.TextField(_("理由"))
    owner = models.ForeignKey(Account, verbose_name=_("负责人"), on_delete=models.PROTECT, related_name="+")
    alert = models.ForeignKey(
        Alert, verbose_name=_("来自告警"), on_delete=models.SET_NULL, null=True, blank=True, related_name="suppressions"
    )
    state = models.CharField(_("状态"), max_length=10, choices=State.choices, default=State.DRAFT)
    made = models.DateTimeField(_("提出时间"))
    days = models.PositiveSmallIntegerField(_("回放天数"), default=7)
    effect = models.JSONField(_("实测效果"), null=True, blank=True)
    began = models.DateTimeField(_("生效时间"), null=True, blank=True)
    until = models.DateField(_("有效至"))  # the last day on which it holds
    ended = models.DateTimeField(_("结束时间"), null=True, blank=True)
    ended_by = models.CharField(_("结束人"), max_length=150, blank=True)
    end_reason = models.TextField(_("结束原因"), blank=True)

    objects = SuppressionQuerySet.as_manager()

    class Meta:
        ordering = ["-made"]
        verbose_name = _("抑制")
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="active") | Q(began__isnull=False, effect__isnull=False),
                name="suppression_measured_before_it_holds",
            ),
            models.CheckConstraint(condition=~Q(state="ended") | Q(ended__isnull=False), name="suppression_end_dated"),
            models.CheckConstraint(
                condition=Q(ended=None) | Q(ended__gte=F("made")), name="suppression_ends_after_it_begins"
            ),
        ]
        indexes = [models.Index(fields=["state", "until"], name="suppression_by_state")]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("detection:suppression", args=[self.pk])
