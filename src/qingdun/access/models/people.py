from __future__ import annotations

from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from qingdun.access.core.roles import Role
from qingdun.access.models.units import Unit


class Person(models.Model):
    """自然人: exclusions between roles hold per person, whatever the number of accounts."""

    name = models.CharField(_("姓名"), max_length=60)
    unit = models.ForeignKey(Unit, verbose_name=_("所在单位"), on_delete=models.PROTECT, related_name="people")

    class Meta:
        ordering = ["name"]
        verbose_name = _("人员")

    def __str__(self) -> str:
        return self.name

    @property
    def unit_path(self) -> str:
        return self.unit.path


class AccountQuerySet(models.QuerySet["Account"]):
    def visible_to(self, user: Any) -> AccountQuerySet:
        """The accounts of people in the units where `user` may see accounts."""
        from qingdun.access import policy

        return self.filter(policy.scope(user, "access.view").q("person__unit__path"))


class Account(AbstractBaseUser):
    """账号: how a person signs in. It has no superuser and no staff flag, and holds no power by itself."""

    username = models.CharField(
        _("账号"), max_length=40, unique=True, validators=[RegexValidator(r"^[a-z][a-z0-9_.-]{2,39}\Z")]
    )
    person = models.ForeignKey(Person, verbose_name=_("人员"), on_delete=models.PROTECT, related_name="accounts")
    is_active = models.BooleanField(_("启用"), default=True)
    must_change_password = models.BooleanField(_("须改口令"), default=False)
    created = models.DateTimeField(_("建立时间"), auto_now_add=True)

    objects = BaseUserManager.from_queryset(AccountQuerySet)()

    USERNAME_FIELD = "username"

    #: What `access.policy` read of this account's grants; belongs to this object, that is to one request.
    grants_read: tuple[tuple[Role, str], ...] | None = None

    class Meta:
        ordering = ["username"]
        verbose_name = _("账号")

    def __str__(self) -> str:
        return self.username

    @property
    def unit_path(self) -> str:
        return self.person.unit.path

    @property
    def office(self) -> str:
        """Which of the three officers this account's person is today, for the audit record; empty for others."""
        from qingdun.access import policy

        return next((role.duty for role in policy.roles_of(self) if role.duty), "")

    def has_perm(self, permission: str, subject: object | None = None) -> bool:
        """May this account do `permission` (to `subject`, anywhere when None)? See `access.policy`."""
        from qingdun.access import policy

        return policy.may(self, permission, subject)
