from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from qingdun.operations.models.blocks import Block


class Enforcer(models.Model):
    """封禁设备: what keeps blocked addresses out, and how it is reached. Secrets stand in the environment, by name."""

    name = models.CharField(_("名称"), max_length=100, unique=True)
    kind = models.CharField(_("接口"), max_length=40)  # a file of operations/enforcers
    settings = models.JSONField(_("参数"), default=dict, blank=True)
    directions = models.CharField(_("方向"), max_length=8, choices=Block.Direction.choices, default="inbound")
    capacity = models.PositiveIntegerField(_("容量"), default=5000)
    on = models.BooleanField(_("启用"), default=True)
    dry_run = models.BooleanField(_("演练：只记录不下发"), default=False)
    token_digest = models.CharField(max_length=64, blank=True, editable=False)
    created = models.DateTimeField(auto_now_add=True)
    reached = models.DateTimeField(_("最近应答"), null=True, blank=True)
    failed = models.DateTimeField(_("最近失败"), null=True, blank=True)
    failure = models.CharField(_("失败原因"), max_length=300, blank=True)
    read_back = models.DateTimeField(_("最近核对"), null=True, blank=True)
    drift = models.PositiveIntegerField(_("核对时的差异"), default=0)
    drift_words = models.CharField(_("差异说明"), max_length=300, blank=True)
    foreign = models.PositiveIntegerField(_("设备上他人的条目"), default=0)  # not ours, never touched
    left_out = models.PositiveIntegerField(_("超出容量未下发"), default=0)
    read_wanted = models.DateTimeField(null=True, blank=True, editable=False)  # somebody asked to read back

    #: Columns whose steps are no history, and why.
    untracked: ClassVar = {
        "reached": "what the device answered, not what somebody decided",
        "failed": "the same",
        "failure": "the same",
        "read_back": "the same",
        "drift": "the same",
        "drift_words": "the same",
        "foreign": "the same",
        "left_out": "the same",
        "read_wanted": "a request to the enforcing process",
        "token_digest": "a secret's digest; the audit entry says that it is new",
    }

    class Meta:
        ordering = ["name"]
        verbose_name = _("封禁设备")

    def __str__(self) -> str:
        return self.name


class Placement(models.Model):
    """下发: what one device was told about one block, and what it answered."""

    class State(models.TextChoices):
        PENDING = "pending", _("待下发")
        PLACED = "placed", _("已生效")
        FAILED = "failed", _("失败重试")
        LEAVING = "leaving", _("待解封")
        GONE = "gone", _("已解封")
        REFUSED = "refused", _("设备拒绝")  # its white list
        LEFT_OUT = "left_out", _("超出容量")
        COVERED = "covered", _("已由网段覆盖")
        DRY = "dry", _("演练")

    block = models.ForeignKey(Block, on_delete=models.CASCADE, related_name="placements")
    enforcer = models.ForeignKey(Enforcer, on_delete=models.CASCADE, related_name="placements")
    state = models.CharField(_("状态"), max_length=8, choices=State.choices, default=State.PENDING)
    tries = models.PositiveIntegerField(_("次数"), default=0)
    due = models.DateTimeField(_("下次尝试"), null=True, blank=True)
    told_until = models.DateTimeField(null=True, blank=True, editable=False)  # the end the device was told
    answer = models.CharField(_("设备应答"), max_length=300, blank=True)
    changed = models.DateTimeField(_("时间"))

    class Meta:
        verbose_name = _("下发")
        constraints = [models.UniqueConstraint(fields=["block", "enforcer"], name="placement_once")]
        indexes = [models.Index(fields=["enforcer", "state", "due"], name="placement_due")]

    def __str__(self) -> str:
        return f"{self.block_id} {self.enforcer_id} {self.state}"
