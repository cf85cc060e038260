from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class ListPreference(models.Model):
    """列表习惯: which columns and how many rows one account wants to see in one list."""

    account = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    listing = models.CharField(_("列表"), max_length=80)
    columns = models.JSONField(_("显示的列"), default=list)
    size = models.PositiveSmallIntegerField(_("每页行数"), default=20)

    class Meta:
        verbose_name = _("列表习惯")
        constraints = [models.UniqueConstraint(fields=["account", "listing"], name="list_preference_once")]

    def __str__(self) -> str:
        return f"{self.account} {self.listing}"


class SavedFilter(models.Model):
    """常用筛选: a filter of one list under a name of one's own."""

    account = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    listing = models.CharField(_("列表"), max_length=80)
    name = models.CharField(_("名称"), max_length=40)
    query = models.CharField(_("筛选条件"), max_length=2000)

    class Meta:
        ordering = ["name"]
        verbose_name = _("常用筛选")
        constraints = [models.UniqueConstraint(fields=["account", "listing", "name"], name="saved_filter_once")]

    def __str__(self) -> str:
        return self.name
