from __future__ import annotations

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils.translation import gettext_lazy as _

from qingdun.audit.core.chain import GENESIS


class Entry(models.Model):
    """审计记录: one act. Rows are only ever appended, by `audit.record`."""

    sequence = models.BigIntegerField(_("序号"), primary_key=True)
    at = models.DateTimeField(_("时间"), db_index=True)
    actor_id = models.BigIntegerField(_("账号编号"), null=True)
    actor = models.CharField(_("账号"), max_length=150, db_index=True)
    action = models.CharField(_("动作"), max_length=80, db_index=True)
    subject_type = models.CharField(_("对象类别"), max_length=80)
    subject_id = models.CharField(_("对象编号"), max_length=80)
    subject = models.CharField(_("对象"), max_length=200)
    reason = models.TextField(_("事由"), blank=True)
    changes = models.JSONField(_("变更"), encoder=DjangoJSONEncoder, default=dict)
    address = models.CharField(_("来源地址"), max_length=45, blank=True)
    sha256 = models.CharField(max_length=64)
    sm3 = models.CharField(max_length=64)

    class Meta:
        ordering = ["-sequence"]
        verbose_name = _("审计记录")
        indexes = [models.Index(fields=["subject_type", "subject_id"], name="audit_subject")]

    def __str__(self) -> str:
        return f"{self.sequence} {self.actor} {self.action} {self.subject}"

    def content(self) -> dict[str, object]:
        """What the digests cover: every column but the digests themselves."""
        return {
            "sequence": self.sequence,
            "at": self.at.astimezone(tz=None).isoformat() if self.at.tzinfo is None else self.at.isoformat(),
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
    """The chain's last link. One row; whoever appends locks it first, so entries never fork."""

    sequence = models.BigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, default=GENESIS)
    sm3 = models.CharField(max_length=64, default=GENESIS)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="audit_one_head")]

    def __str__(self) -> str:
        return f"{self.sequence} {self.sha256}"
