from __future__ import annotations

from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from qingdun.access.models import PersonalField, Unit
from qingdun.inventory.models.register import IN_SERVICE, RETIRED, InventoryQuerySet
from qingdun.inventory.models.systems import System

STATUS = [(IN_SERVICE, _("在任")), (RETIRED, _("已卸任"))]


class Contact(models.Model):
    """联系人: who answers for a unit, or for one of its systems, from a day to a day. Phones are masked."""

    class Duty(models.TextChoices):
        HEAD = "head", _("主要负责人")
        SECURITY = "security", _("网络安全负责人")
        CONTACT = "contact", _("联系人")
        OPERATOR = "operator", _("运维负责人")
        ON_CALL = "on_call", _("值班电话")

    unit = models.ForeignKey(Unit, verbose_name=_("归属单位"), on_delete=models.PROTECT, related_name="contacts")
    system = models.ForeignKey(
        System, verbose_name=_("信息系统"), on_delete=models.PROTECT, null=True, blank=True, related_name="contacts"
    )
    duty = models.CharField(_("职责"), max_length=10, choices=Duty.choices)
    name = models.CharField(_("姓名"), max_length=60)
    position = models.CharField(_("职务"), max_length=60, blank=True)
    phone = PersonalField(_("电话"), kind="phone", permission="inventory.personal", blank=True)
    email = PersonalField(_("邮箱"), kind="email", permission="inventory.personal", blank=True)
    registered = models.DateField(_("起始日期"), default=timezone.localdate)
    retired = models.DateField(_("截止日期"), null=True, blank=True)
    status = models.GeneratedField(
        verbose_name=_("状态"),
        expression=Case(When(retired__isnull=False, then=Value(RETIRED)), default=Value(IN_SERVICE)),
        output_field=models.CharField(max_length=10),
        db_persist=True,
    )

    objects = InventoryQuerySet.as_manager()

    class Meta:
        ordering = ["duty", "name"]
        verbose_name = _("联系人")
        indexes = [models.Index(fields=["unit", "status"], name="contact_unit_status")]
        constraints = [
            models.CheckConstraint(
                condition=Q(retired=None) | Q(retired__gte=F("registered")), name="contact_until_after_since"
            ),
            models.CheckConstraint(
                condition=~Q(phone="") | ~Q(email=""),
                name="contact_can_be_reached",
                violation_error_message=_("电话和邮箱至少填写一项"),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("inventory:contact", args=[self.pk])

    @property
    def unit_path(self) -> str:
        return self.unit.path
