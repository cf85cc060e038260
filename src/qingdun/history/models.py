from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class ChangeQuerySet(models.QuerySet["Change"]):
    def about(self, thing: models.Model) -> ChangeQuerySet:
        """What happened to the thing and to the rows that are part of it, the newest first."""
        ours = thing._meta.label_lower
        mine = models.Q(about_kind=ours, about_id=thing.pk) | models.Q(kind=ours, object_id=thing.pk)
        return self.filter(mine).order_by("-at", "-pk")

    def of(self, row: models.Model) -> ChangeQuerySet:
        """What happened to this very row, the newest first."""
        return self.filter(kind=row._meta.label_lower, object_id=row.pk).order_by("-at", "-pk")

    def after(self, moment: datetime) -> ChangeQuerySet:
        return self.filter(at__gt=moment)


class Change(models.Model):
    """变更: one act on one row. `fields`: column → [before, after]: none when created, all when removed.

    `about` is the thing on whose page it stands: an agent's change is about its host.
    """

    class Act(models.TextChoices):
        CREATED = "created", pgettext_lazy("act", "登记")
        CHANGED = "changed", pgettext_lazy("act", "变更")
        REMOVED = "removed", pgettext_lazy("act", "删除")

    kind = models.CharField(max_length=60)
    object_id = models.BigIntegerField()
    about_kind = models.CharField(max_length=60)
    about_id = models.BigIntegerField()
    name = models.CharField(max_length=200)
    at = models.DateTimeField(_("时间"), default=timezone.now)
    actor_id = models.BigIntegerField(_("账号编号"), null=True)
    actor = models.CharField(_("账号"), max_length=150)
    act = models.CharField(_("动作"), max_length=10, choices=Act.choices)
    reason = models.CharField(_("事由"), max_length=200, blank=True)
    fields = models.JSONField(_("变更"), default=dict, encoder=DjangoJSONEncoder)

    objects = ChangeQuerySet.as_manager()

    #: Not a record of the register itself.
    untracked: ClassVar[dict[str, str]] = {}

    class Meta:
        ordering: ClassVar[list[str]] = ["-at", "-pk"]
        verbose_name = _("变更记录")
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["kind", "object_id", "at"], name="history_row"),
            models.Index(fields=["about_kind", "about_id", "at"], name="history_about"),
            models.Index(fields=["at"], name="history_at"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.act} {self.at:%Y-%m-%d %H:%M}"
