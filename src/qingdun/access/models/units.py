from __future__ import annotations

from typing import ClassVar

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _


class Unit(models.Model):
    """单位: one organ of the city's tree. `path` is the tree as text, `/city/edu/`, and there is one root."""

    class Level(models.TextChoices):
        PROVINCE = "province", _("省级")
        CITY = "city", _("市级")
        COUNTY = "county", _("县级")
        TOWNSHIP = "township", _("镇级")

    code = models.CharField(_("代码"), max_length=40, unique=True, validators=[RegexValidator(r"^[a-z0-9-]+\Z")])
    name = models.CharField(_("名称"), max_length=100)
    short_name = models.CharField(_("简称"), max_length=40, blank=True)
    level = models.CharField(_("层级"), max_length=10, choices=Level.choices)
    parent = models.ForeignKey(
        "self", verbose_name=_("上级单位"), on_delete=models.PROTECT, null=True, blank=True, related_name="children"
    )
    path = models.CharField(_("路径"), max_length=400, unique=True, editable=False)
    since = models.DateField(_("成立日期"), null=True, blank=True, editable=False)
    ended = models.DateField(_("撤销日期"), null=True, blank=True, editable=False)
    merged_into = models.ForeignKey(
        "self",
        verbose_name=_("并入单位"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="merged",
    )
    past_since = models.DateField(_("现名现位起始日"), null=True, editable=False)

    #: Derived; its own past stands in `UnitPast`.
    untracked: ClassVar = {"path": "follows from the parent", "past_since": "stands in UnitPast"}

    class Meta:
        ordering = ["path"]
        verbose_name = _("单位")
        constraints = [
            models.UniqueConstraint(
                Coalesce("parent", 0),
                condition=Q(parent__isnull=True),
                name="unit_one_root",
                violation_error_message=_("单位树只能有一个根"),
            ),
            models.CheckConstraint(
                condition=Q(merged_into=None) | Q(ended__isnull=False), name="unit_merged_has_ended"
            ),
            # The slash at the end is what keeps /city/edu/ apart from /city/education/.
            models.CheckConstraint(condition=Q(path__startswith="/", path__endswith="/"), name="unit_path_in_slashes"),
        ]

    def __str__(self) -> str:
        return self.short_name or self.name

    @property
    def unit_path(self) -> str:
        return self.path


class UnitPast(models.Model):
    """单位沿革: what a unit was called and where in the tree it stood, from a day (None: ever) until a day."""

    unit = models.ForeignKey(Unit, on_delete=models.CASCADE, related_name="past")
    name = models.CharField(_("名称"), max_length=100)
    short_name = models.CharField(_("简称"), max_length=40, blank=True)
    path = models.CharField(_("路径"), max_length=400)
    since = models.DateField(_("起始日期"), null=True)
    until = models.DateField(_("截止日期"), db_index=True)

    class Meta:
        ordering = ["-until"]
        verbose_name = _("单位沿革")

    def __str__(self) -> str:
        return f"{self.short_name or self.name} {self.until}"
