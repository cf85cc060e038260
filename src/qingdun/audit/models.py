from __future__ import annotations

from datetime import UTC
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from qingdun.audit.core.chain import GENESIS, START, Link


class Entry(models.Model):
    """审计记录: one act. Rows are only ever appended, by `audit.record`; the database refuses anything else.

    `changes` is the JSON text itself, so that the digests cover what is stored whatever the database does to JSON.
    """

    sequence = models.BigIntegerField(_("序号"), primary_key=True)
    at = models.DateTimeField(_("时间"), db_index=True)
    actor_id = models.BigIntegerField(_("账号编号"), null=True)
    actor = models.CharField(_("账号"), max_length=150, db_index=True)
    action = models.CharField(_("动作"), max_length=80, db_index=True)
    subject_type = models.CharField(_("对象类别"), max_length=80)
    subject_id = models.CharField(_("对象编号"), max_length=80)
    subject = models.CharField(_("对象"), max_length=200)
    reason = models.TextField(_("事由"), blank=True)
    changes = models.TextField(_("变更"), default="{}")
    address = models.CharField(_("来源地址"), max_length=45, blank=True)
    sha256 = models.CharField(max_length=64)
    sm3 = models.CharField(max_length=64)

    objects: ClassVar[models.Manager[Entry]] = models.Manager()

    class Meta:
        ordering = ["-sequence"]
        verbose_name = _("审计记录")
        indexes = [models.Index(fields=["subject_type", "subject_id"], name="audit_subject")]

    def __str__(self) -> str:
        return f"{self.sequence} {self.actor} {self.action} {self.subject}"

    @property
    def link(self) -> Link:
        """What this row claims to be in the chain."""
        return Link(self.sequence, self.sha256, self.sm3)

    def content(self) -> dict[str, object]:
        """What the digests cover: every column but the digests, times in UTC to the microsecond."""
        return {
            "sequence": self.sequence,
            "at": self.at.astimezone(UTC).isoformat(timespec="microseconds"),
            "actor_id": self.actor_id,
            "actor": self.actor,
            "action": self.action,
            "subject_type": self.subject_type,
            "subject_id": self.subject_id,
            "subject": self.subject,
            "reason": self.reason,
            "changes": self.changes,
            "address": self.address,
        }


class Head(models.Model):
    """链头: the chain's last link. One row; whoever appends locks it first, so the chain never forks.

    While it stands, a chain whose last entries were cut off is noticed.
    """

    sequence = models.BigIntegerField(default=START.sequence)
    sha256 = models.CharField(max_length=64, default=GENESIS)
    sm3 = models.CharField(max_length=64, default=GENESIS)

    objects: ClassVar[models.Manager[Head]] = models.Manager()

    class Meta:
        verbose_name = _("链头")
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="audit_one_head")]

    def __str__(self) -> str:
        return f"{self.sequence} {self.sha256}"

    @property
    def link(self) -> Link:
        return Link(self.sequence, self.sha256, self.sm3)
