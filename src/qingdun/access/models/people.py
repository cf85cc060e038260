from __future__ import annotations

from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from qingdun.access.core.powers import Powers
from qingdun.access.models.personal import PersonalField
from qingdun.access.models.units import Unit


class PersonQuerySet(models.QuerySet["Person"]):
    def visible_to(self, user: Any) -> PersonQuerySet:
        """The people of the units where `user` may see accounts."""
        from qingdun.access import policy

        return self.filter(policy.scope(user, "access.view").q("unit__path"))


class Person(models.Model):
    """自然人: exclusions between roles hold per person, whatever the number of accounts.

    Phone and e-mail are personal data, masked until somebody asks, on record, to see them.
    """

    name = models.CharField(_("姓名"), max_length=60)
    unit = models.ForeignKey(Unit, verbose_name=_("所在单位"), on_delete=models.PROTECT, related_name="people")
    post = models.CharField(_("职务"), max_length=60, blank=True)
    phone = PersonalField(_("电话"), kind="phone", permission="access.personal", blank=True)
    email = PersonalField(_("邮箱"), kind="email", permission="access.personal", blank=True)
    joined = models.DateField(_("到岗日"), null=True, blank=True)
    left = models.DateField(_("离任日"), null=True, blank=True)

    objects = PersonQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        verbose_name = _("人员")
        constraints = [
            models.CheckConstraint(
                condition=Q(left__isnull=True) | Q(joined__isnull=True) | Q(left__gte=models.F("joined")),
                name="person_left_after_joined",
                violation_error_message=_("离任日早于到岗日"),
            )
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("powers:person", args=[self.pk])

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
    password_due = models.DateTimeField(_("可发放口令至"), null=True, blank=True)
    password_since = models.DateTimeField(_("口令更换时间"), null=True, blank=True)
    last_address = models.CharField(_("上次登录地址"), max_length=45, blank=True)
    sessions_since = models.PositiveIntegerField(default=0)  # part of the sessions' proof: adding one ends them all

    objects = BaseUserManager.from_queryset(AccountQuerySet)()

    USERNAME_FIELD = "username"

    #: What `access.policy` read of this account's powers; belongs to this object, that is to one request.
    powers: Powers | None = None
    #: The permissions a machine's token leaves of the account's own; None when a person is at work.
    narrowed_to: frozenset[str] | None = None

    #: Which approvals lie on this account's desk, and the powers that was read from; as short-lived as they are.
    desk_read: tuple[object, Q] | None = None

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

    @property
    def acting_under(self) -> str:
        """The number of the emergency access in force, which the audit writes beside everything done under it."""
        from qingdun.access import policy

        return policy.emergency_of(self)

    def _get_session_auth_hash(self, secret: Any = None) -> str:
        """Sessions end when the password changes (Django's rule), and when somebody ended them (`sessions_since`)."""
        proof = f"{self.password}/{self.sessions_since}" if self.sessions_since else self.password
        return salted_hmac("qingdun.access.session", proof, secret=secret, algorithm="sha256").hexdigest()

    def has_perm(self, permission: str, subject: object | None = None) -> bool:
        """May this account do `permission` (to `subject`, anywhere when None)? See `access.policy`."""
        from qingdun.access import policy

        return policy.may(self, permission, subject)
