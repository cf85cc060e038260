from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from qingdun.access.models.people import Account


class IdentityQuerySet(models.QuerySet["Identity"]):
    def visible_to(self, user: Any) -> IdentityQuerySet:
        """Those of the accounts of people in the units where `user` may see accounts."""
        from qingdun.access import policy

        return self.filter(policy.scope(user, "access.view").q("account__person__unit__path"))


class Identity(models.Model):
    """外部身份: what an external way in calls the person of this account. One identity leads to one account."""

    account = models.ForeignKey(Account, verbose_name=_("账号"), on_delete=models.CASCADE, related_name="identities")
    door = models.CharField(_("外部登录"), max_length=60)
    external_id = models.CharField(_("外部身份标识"), max_length=200)
    created = models.DateTimeField(_("登记时间"), auto_now_add=True)
    used = models.DateTimeField(_("上次使用"), null=True, blank=True, editable=False)

    objects = IdentityQuerySet.as_manager()

    class Meta:
        ordering = ["door", "external_id"]
        verbose_name = _("外部身份")
        constraints = [
            models.UniqueConstraint(
                fields=["door", "external_id"],
                name="identity_once",
                violation_error_message=_("这个外部身份已经登记给一个账号"),
            )
        ]

    def __str__(self) -> str:
        return f"{self.door}：{self.external_id}"

    @property
    def unit_path(self) -> str:
        return self.account.unit_path
