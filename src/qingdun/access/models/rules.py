from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from qingdun.access.core.rules import BOUNDS, Rules


def _bounds() -> Q:
    """Every setting within its bounds: the database refuses what would make a rule void."""
    within = Q(pk=1)
    for name, (low, high) in BOUNDS.items():
        within &= Q(**{f"{name}__gte": low, f"{name}__lte": high})
    return within


class SigningRules(models.Model):
    """登录规则: what the security administrator set. One row, or none while the defaults hold."""

    min_length = models.PositiveSmallIntegerField(_("口令最短长度（字符）"))
    kinds = models.PositiveSmallIntegerField(_("口令字符种类（小写、大写、数字、其他）"))
    history = models.PositiveSmallIntegerField(_("不得重复最近几次的口令"))
    max_age_days = models.PositiveSmallIntegerField(_("口令有效期（天）"))
    tries = models.PositiveSmallIntegerField(_("连续几次不对就锁定"))
    wait_minutes = models.PositiveSmallIntegerField(_("锁定多久（分钟）"))
    idle_minutes = models.PositiveSmallIntegerField(_("多久不操作就退出（分钟）"))
    max_hours = models.PositiveSmallIntegerField(_("一次登录最长（小时）"))
    fresh_minutes = models.PositiveSmallIntegerField(_("重大操作多久须再次验证（分钟）"))
    one_session = models.BooleanField(_("同一账号只许一处登录"), default=False)

    objects: ClassVar[models.Manager[SigningRules]] = models.Manager()

    class Meta:
        verbose_name = _("登录规则")
        constraints = [models.CheckConstraint(condition=_bounds(), name="signing_rules_in_bounds")]

    def __str__(self) -> str:
        return str(self._meta.verbose_name)

    @classmethod
    def title(cls, name: str) -> str:
        """What a setting is called, in the reader's language."""
        return str(getattr(cls, name).field.verbose_name)

    def as_rules(self) -> Rules:
        return Rules(**self.settings())

    def settings(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in Rules.__dataclass_fields__}
