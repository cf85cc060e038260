from __future__ import annotations

from typing import ClassVar

from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.utils.translation import gettext_lazy as _

from qingdun.access.models.people import Account


class Guesses(models.Model):
    """试错: how often in a row an account's second factor was answered wrongly, from wherever.

    By account alone: whoever gets this far already knows the password, so nobody else can lock its owner out.
    """

    account = models.OneToOneField(
        Account, verbose_name=_("账号"), on_delete=models.CASCADE, primary_key=True, related_name="guesses"
    )
    wrong = models.PositiveSmallIntegerField(_("连续答错"), default=0)
    last = models.DateTimeField(_("最近一次"), null=True)

    objects: ClassVar[models.Manager[Guesses]] = models.Manager()

    class Meta:
        verbose_name = _("试错")

    def __str__(self) -> str:
        return f"{self.account} {self.wrong}"


class Session(AbstractBaseSession):
    """会话: one signed-in browser, or one visitor at the door. Whose it is stands beside it, so it can be ended."""

    account = models.ForeignKey(
        Account, verbose_name=_("账号"), on_delete=models.CASCADE, null=True, related_name="sessions"
    )
    since = models.DateTimeField(_("登录时间"), null=True)
    seen = models.DateTimeField(_("最近使用"), null=True)
    address = models.CharField(_("来源地址"), max_length=45, blank=True)
    agent = models.CharField(_("浏览器"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("会话")

    @classmethod
    def get_session_store_class(cls) -> type:
        from qingdun.access.sessions import SessionStore

        return SessionStore


class OldPassword(models.Model):
    """旧口令: the digest of a password an account had, kept as long as it may not come back."""

    account = models.ForeignKey(Account, verbose_name=_("账号"), on_delete=models.CASCADE, related_name="old_passwords")
    password = models.CharField(max_length=128)

    objects: ClassVar[models.Manager[OldPassword]] = models.Manager()

    class Meta:
        verbose_name = _("旧口令")

    def __str__(self) -> str:
        return str(self.account)
