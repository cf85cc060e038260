from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from qingdun.access.models import Account


class Protected(models.Model):
    """保护名单: addresses that are never blocked, whatever anybody or any policy says."""

    class Kind(models.TextChoices):
        OWN = "own", _("本市网络")
        EXIT = "exit", _("政府机关出口")
        SHARED = "shared", _("共享出口")
        DNS = "dns", _("域名服务")
        UPPER = "upper", _("上级平台")
        CDN = "cdn", _("回源地址")
        CRAWLER = "crawler", _("搜索与监测")
        OTHER = "other", _("其他")

    address = models.CharField(_("地址"), max_length=49, unique=True)
    first_key = models.CharField(max_length=32, editable=False)
    last_key = models.CharField(max_length=32, editable=False)
    kind = models.CharField(_("类别"), max_length=8, choices=Kind.choices)
    reason = models.CharField(_("说明"), max_length=200)
    by = models.ForeignKey(Account, on_delete=models.PROTECT, null=True, related_name="+")
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["first_key"]
        verbose_name = _("保护名单")
        indexes = [models.Index(fields=["first_key", "last_key"], name="protected_range")]

    def __str__(self) -> str:
        return self.address


class PolicySetting(models.Model):
    """策略设置: what an installation made of a policy file: off, dry run, propose, or block."""

    class Mode(models.TextChoices):
        OFF = "off", _("停用")
        DRY = "dry", _("演练")
        PROPOSE = "propose", _("候选")
        BLOCK = "block", _("封禁")

    policy = models.CharField(_("策略"), max_length=60, unique=True)
    mode = models.CharField(_("方式"), max_length=8, choices=Mode.choices)
    by = models.ForeignKey(Account, on_delete=models.PROTECT, null=True, related_name="+")
    reason = models.CharField(_("理由"), max_length=200)
    changed = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["policy"]
        verbose_name = _("策略设置")

    def __str__(self) -> str:
        return f"{self.policy} {self.mode}"


class StopSwitch(models.Model):
    """急停: while one stands, nothing is blocked by itself and nothing new goes to any device."""

    by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    since = models.DateTimeField(_("起"), auto_now_add=True)
    reason = models.CharField(_("理由"), max_length=200)
    stands = models.BooleanField(default=True, editable=False)
    ended = models.DateTimeField(_("止"), null=True, blank=True)
    ended_by = models.ForeignKey(Account, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["-since"]
        verbose_name = _("急停")
        constraints = [
            models.UniqueConstraint(fields=["stands"], condition=models.Q(stands=True), name="stop_once"),
        ]

    def __str__(self) -> str:
        return f"{self.since:%Y-%m-%d %H:%M}"


class Revision(models.Model):
    """版本: one row, raised by every change that devices must hear of, in the transaction of the change."""

    number = models.BigIntegerField(default=0)

    class Meta:
        verbose_name = _("名单版本")

    def __str__(self) -> str:
        return str(self.number)

    @staticmethod
    def current() -> int:
        """The number now; 0 before the first change."""
        return Revision.objects.filter(pk=1).values_list("number", flat=True).first() or 0

    @staticmethod
    def bump() -> None:
        """Something changed: whoever watches looks again when the transaction stands."""
        if not Revision.objects.filter(pk=1).update(number=models.F("number") + 1):
            Revision.objects.get_or_create(pk=1, defaults={"number": 1})
