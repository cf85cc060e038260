from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from qingdun.access.models import Account


class Replay(models.Model):
    """回放: what one policy would have done with the last days of the lake; nothing is blocked by it."""

    policy = models.CharField(_("策略"), max_length=60)
    days = models.PositiveSmallIntegerField(_("天数"))
    by = models.ForeignKey(Account, verbose_name=_("发起人"), on_delete=models.PROTECT, related_name="+")
    asked = models.DateTimeField(_("时间"), auto_now_add=True)
    done = models.DateTimeField(_("完成时间"), null=True)
    signals = models.PositiveBigIntegerField(_("看过的攻击信号"), default=0)
    addresses = models.PositiveIntegerField(_("会封的地址"), default=0)
    protected = models.PositiveIntegerField(_("其中受保护、不会封"), default=0)
    standing = models.PositiveIntegerField(_("其中已在封禁"), default=0)
    found = models.JSONField(default=list, blank=True)  # [address, event time, hits, reason, what the guards say]
    problem = models.CharField(_("问题"), max_length=300, blank=True)

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("策略回放")
        indexes = [models.Index(fields=["policy", "-id"], name="replay_newest")]

    def __str__(self) -> str:
        return f"{self.policy} {self.days}"
