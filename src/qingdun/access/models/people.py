from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from qingdun.access.core.roles import Role
from qingdun.access.roster import roles


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

    def has_perm(self, permission: str, subject: object | None = None) -> bool:
        """May this account do `permission` (to `subject`, anywhere when None)? See `access.policy`."""
        from qingdun.access import policy

        return policy.may(self, permission, subject)


class GrantQuerySet(models.QuerySet["Grant"]):
    def in_force(self, on: date) -> GrantQuerySet:
        """Grants that hold on that day, by themselves: nobody has to take an expired one away."""
        return self.filter(starts__lte=on, ends__gte=on, account__is_active=True)

    def overlapping(self, starts: date, ends: date) -> GrantQuerySet:
        """Grants whose term shares a day with this one."""
        return self.filter(ends__gte=starts, starts__lte=ends)


class Grant(models.Model):
    """授权: one role, over one unit and all below it, for a term."""

    account = models.ForeignKey(Account, verbose_name=_("账号"), on_delete=models.CASCADE, related_name="grants")
    role = models.CharField(_("角色"), max_length=40)
    unit = models.ForeignKey(Unit, verbose_name=_("范围"), on_delete=models.PROTECT, related_name="grants")
    starts = models.DateField(_("生效日"))
    ends = models.DateField(_("截止日"))

    objects = GrantQuerySet.as_manager()

    class Meta:
        ordering = ["account", "role"]
        verbose_name = _("授权")
        constraints = [
            models.CheckConstraint(condition=Q(ends__gte=F("starts")), name="grant_ends_after_start"),
            models.UniqueConstraint(fields=["account", "role", "unit", "starts"], name="grant_once"),
        ]

    def __str__(self) -> str:
        role = roles()[self.role].name if self.role in roles() else self.role
        return f"{self.account}：{role}（{self.unit}，{self.starts} 至 {self.ends}）"

    @property
    def title(self) -> str:
        """The role's name in the reader's language; its key when the file is gone."""
        found = roles().get(self.role)
        return found.title(get_language()) if found else self.role
