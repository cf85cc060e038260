from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from qingdun.audit.core.chain import GENESIS, START, Link
from qingdun.audit.core.checkpoints import Checkpoint as Signed

#: What the digests cover, by column: everything but the digests themselves.
CONTENT = (
    *("sequence", "at", "actor_id", "actor", "person", "office", "action"),
    *("subject_type", "subject_id", "subject", "reason", "changes", "address"),
)

#: Columns younger than the chain. They are part of the content only where they say something: older entries still hold.
YOUNGER = frozenset({"person", "office"})


def sealed(values: Mapping[str, Any]) -> dict[str, object]:
    """The content of an entry as the digests cover it, times in UTC to the microsecond."""
    content = {column: values[column] for column in CONTENT if values[column] or column not in YOUNGER}
    return content | {"at": values["at"].astimezone(UTC).isoformat(timespec="microseconds")}


class EntryQuerySet(models.QuerySet["Entry"]):
    def visible_to(self, user: Any) -> EntryQuerySet:
        """The duty matrix: the audit administrators read everybody's acts but their own, which the security ones read.

        The records belong to no unit: only a grant at the root reaches them.
        """
        seen = Q(pk__in=[])
        if user.has_perm("audit.view", Entry()):
            seen |= ~Q(office=Entry.Office.AUDIT)
        if user.has_perm("audit.view_auditors", Entry()):
            seen |= Q(office=Entry.Office.AUDIT)
        return self.filter(seen)

    def of(self, user: Any) -> EntryQuerySet:
        """What this account did, which its person may always read."""
        return self.filter(actor_id=user.pk)


class Entry(models.Model):
    """审计记录: one act. Rows are only ever appended, by `audit.record`; the database refuses anything else.

    `changes` is the JSON text itself, so that the digests cover what is stored whatever the database does to JSON.
    `person` and `office` say who the account belonged to and which of the three officers that person was, at the time.
    """

    class Office(models.TextChoices):
        SYSTEM = "system", _("系统管理员")
        SECURITY = "security", _("安全管理员")
        AUDIT = "audit", _("审计管理员")

    sequence = models.BigIntegerField(_("序号"), primary_key=True)
    at = models.DateTimeField(_("时间"), db_index=True)
    actor_id = models.BigIntegerField(_("账号编号"), null=True)
    actor = models.CharField(_("账号"), max_length=150)
    person = models.CharField(_("人员"), max_length=60, blank=True, default="")
    office = models.CharField(_("三员职责"), max_length=10, choices=Office.choices, blank=True, default="")
    action = models.CharField(_("动作"), max_length=80)
    subject_type = models.CharField(_("对象类别"), max_length=80)
    subject_id = models.CharField(_("对象编号"), max_length=80)
    subject = models.CharField(_("对象"), max_length=200)
    reason = models.TextField(_("事由"), blank=True)
    changes = models.TextField(_("变更"), default="{}")
    address = models.CharField(_("来源地址"), max_length=45, blank=True)
    sha256 = models.CharField(max_length=64)
    sm3 = models.CharField(max_length=64)

    objects = EntryQuerySet.as_manager()

    class Meta:
        ordering = ["-sequence"]
        verbose_name = _("审计记录")
        # Each ends with what the list is ordered by and what the duty matrix asks: a page and its count read no row.
        indexes = [
            models.Index(fields=["office", "sequence"], name="audit_office"),
            models.Index(fields=["action", "sequence", "office"], name="audit_action"),
            models.Index(fields=["actor_id", "sequence", "office"], name="audit_actor"),
            models.Index(fields=["subject_type", "subject_id", "sequence"], name="audit_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.sequence} {self.actor} {self.action} {self.subject}"

    @property
    def link(self) -> Link:
        """What this row claims to be in the chain."""
        return Link(self.sequence, self.sha256, self.sm3)

    def content(self) -> dict[str, object]:
        """What the digests cover: every column but the digests."""
        return sealed({column: getattr(self, column) for column in CONTENT})


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


class Checkpoint(models.Model):
    """检查点: our own copy of what was signed and laid outside the database. Only ever appended, like the entries."""

    number = models.BigIntegerField(_("编号"), primary_key=True)
    sequence = models.BigIntegerField(_("截至第几条"))
    sha256 = models.CharField(max_length=64)
    sm3 = models.CharField(max_length=64)
    at = models.DateTimeField(_("签署时间"))
    previous = models.CharField(max_length=64)
    key = models.CharField(_("签名公钥"), max_length=64)
    next_key = models.CharField(_("接任公钥"), max_length=64, blank=True)
    signature = models.CharField(_("签名"), max_length=128)

    objects: ClassVar[models.Manager[Checkpoint]] = models.Manager()

    class Meta:
        ordering = ["-number"]
        verbose_name = _("检查点")

    def __str__(self) -> str:
        return f"{self.number}"

    @classmethod
    def of(cls, signed: Signed) -> Checkpoint:
        return cls(**{**signed.content, "at": signed.at, "signature": signed.signature})

    @property
    def signed(self) -> Signed:
        link = Link(self.sequence, self.sha256, self.sm3)
        return Signed(self.number, link, self.at, self.previous, self.key, self.next_key, self.signature)


class Verification(models.Model):
    """核验: one walk over the chain and what it found. Kept outside the chain, which may be what is broken."""

    at = models.DateTimeField(_("时间"), db_index=True)
    by = models.CharField(_("账号"), max_length=150, blank=True)
    entries = models.BigIntegerField(_("完好到第几条"))
    first_bad = models.BigIntegerField(_("第一条有问题的记录"), null=True)
    problems = models.JSONField(_("问题"), default=list)
    checkpoints_read = models.IntegerField(_("检查点"))
    checkpoints_met = models.IntegerField(_("相符的检查点"))
    seconds = models.FloatField(_("用时"))

    objects: ClassVar[models.Manager[Verification]] = models.Manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("核验")

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.entries}"

    @property
    def whole(self) -> bool:
        return not self.problems
