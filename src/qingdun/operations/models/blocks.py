from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from qingdun.access.models import Account, Approval


class BlockQuerySet(models.QuerySet["Block"]):
    def in_force(self, at: datetime) -> BlockQuerySet:
        """Those that ought to stand on the devices at that moment."""
        begun = self.filter(state=Block.State.STANDING, valid_from__lte=at)
        return begun.filter(Q(valid_until=None) | Q(valid_until__gt=at))

    def live(self) -> BlockQuerySet:
        """Those that stand or may come to stand."""
        return self.filter(state__in=Block.LIVE)

    def over(self, first: str, last: str) -> BlockQuerySet:
        """Those that share an address with the range of these keys (`inventory.core.addresses`)."""
        return self.filter(first_key__lte=last, last_key__gte=first)


class Block(models.Model):
    """封禁: one address or network kept out, why, on whose word and until when."""

    class State(models.TextChoices):
        PROPOSED = "proposed", _("候选")
        WAITING = "waiting", _("待审批")
        STANDING = "standing", _("已决定")  # what the devices made of it stands in the placements
        LIFTED = "lifted", _("已解封")
        EXPIRED = "expired", _("已到期")
        REFUSED = "refused", _("已拒绝")
        LAPSED = "lapsed", _("逾期未决")  # a proposal whose time passed before anybody decided
        CONFLICT = "conflict", _("与保护名单冲突")
        DRY = "dry", _("演练")  # what a policy under trial would have blocked

    LIVE = (State.PROPOSED, State.WAITING, State.STANDING)

    class Direction(models.TextChoices):
        INBOUND = "inbound", _("入向")
        OUTBOUND = "outbound", _("出向")
        BOTH = "both", _("双向")

    class Origin(models.TextChoices):
        PERSON = "person", _("人工")
        POLICY = "policy", _("策略")
        PROVINCE = "province", _("省级名单")
        INTELLIGENCE = "intelligence", _("威胁情报")

    address = models.CharField(_("地址"), max_length=49)  # canonical; a network in CIDR form
    first_key = models.CharField(max_length=32, editable=False)
    last_key = models.CharField(max_length=32, editable=False)
    direction = models.CharField(_("方向"), max_length=8, choices=Direction.choices, default=Direction.INBOUND)
    origin = models.CharField(_("来由"), max_length=12, choices=Origin.choices)
    policy = models.CharField(_("策略"), max_length=60, blank=True)
    reason = models.TextField(_("理由"))
    attack = models.CharField(_("攻击类别"), max_length=40, blank=True)
    hits = models.BigIntegerField(_("攻击次数"), default=0)
    evidence = models.JSONField(_("证据"), default=list, blank=True)  # [batch, row, time of the event]
    alert = models.ForeignKey("detection.Alert", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    by = models.ForeignKey(Account, verbose_name=_("提出人"), on_delete=models.PROTECT, null=True, related_name="+")
    approval = models.ForeignKey(Approval, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    state = models.CharField(_("状态"), max_length=10, choices=State.choices)
    decided = models.DateTimeField(_("决定时间"))  # by the clock of the events that led to it
    recorded = models.DateTimeField(_("记录时间"), auto_now_add=True)
    valid_from = models.DateTimeField(_("起"))
    valid_until = models.DateTimeField(_("止"), null=True, blank=True)  # null: until somebody lifts it
    offence = models.PositiveIntegerField(_("第几次"), default=1)
    ended = models.DateTimeField(_("结束时间"), null=True, blank=True)
    ended_by = models.ForeignKey(Account, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    ended_why = models.TextField(_("结束原因"), blank=True)

    objects = BlockQuerySet.as_manager()

    class Meta:
        ordering = ["-decided", "-pk"]
        verbose_name = _("封禁")
        constraints = [
            models.UniqueConstraint(
                fields=["address", "direction"],
                condition=Q(state__in=["proposed", "waiting", "standing"]),
                name="block_once",
                violation_error_message=_("这个地址已在封禁名单中"),
            ),
            models.CheckConstraint(
                condition=Q(valid_until=None) | Q(valid_until__gt=F("valid_from")), name="block_ends_after_it_begins"
            ),
        ]
        indexes = [
            models.Index(fields=["state", "valid_until"], name="block_due"),
            models.Index(fields=["first_key", "last_key"], name="block_range"),
            models.Index(fields=["-decided"], name="block_newest"),
            models.Index(fields=["origin", "decided"], name="block_by_origin"),
        ]

    def __str__(self) -> str:
        return self.address


def visible(user: Any) -> bool:
    """The block list is the whole city's: who may see it sees all of it."""
    return bool(user.has_perm("operations.view"))
