from __future__ import annotations

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
            # The slash at the end is what keeps /city/edu/ apart from /city/education/.
            models.CheckConstraint(condition=Q(path__startswith="/", path__endswith="/"), name="unit_path_in_slashes"),
        ]

    def __str__(self) -> str:
        return self.short_name or self.name

    @property
    def unit_path(self) -> str:
        return self.path
