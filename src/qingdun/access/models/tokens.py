from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from qingdun.access.models.people import Account


class TokenQuerySet(models.QuerySet["Token"]):
    def living(self, now: datetime) -> TokenQuerySet:
        """Tokens that are neither withdrawn nor at their end. Whether the account may still use one is asked at use."""
        return self.filter(revoked=None, expires__gt=now)

    def of(self, account: Any) -> TokenQuerySet:
        return self.filter(account=account)

    def visible_to(self, user: Any) -> TokenQuerySet:
        """The tokens of accounts this officer may see."""
        from qingdun.access import policy

        return self.filter(policy.scope(user, "access.view").q("account__person__unit__path"))


class Token(models.Model):
    """接口令牌: a program's key to part of what its account may do, until a day. Only a digest of it is stored.

    `prefix` stands in the clear at its beginning, so that one found in a log or a script can be told and withdrawn.
    """

    account = models.ForeignKey(Account, verbose_name=_("账号"), on_delete=models.CASCADE, related_name="tokens")
    name = models.CharField(_("用途"), max_length=60)
    prefix = models.CharField(_("前缀"), max_length=8, unique=True)
    digest = models.CharField(max_length=64)
    scope = models.JSONField(_("权限"), default=list)
    created = models.DateTimeField(_("创建时间"))
    expires = models.DateTimeField(_("到期时间"))
    revoked = models.DateTimeField(_("作废时间"), null=True)
    last_used = models.DateTimeField(_("最近使用"), null=True)
    last_address = models.CharField(_("最近来源"), max_length=45, blank=True)

    objects = TokenQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("接口令牌")
        constraints = [
            models.CheckConstraint(condition=Q(expires__gt=F("created")), name="token_ends_after_start"),
            models.UniqueConstraint(
                fields=["account", "name"], condition=Q(revoked=None), name="token_name_once_while_it_lives"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name}（{self.prefix}）"

    @property
    def unit_path(self) -> str:
        return self.account.unit_path
