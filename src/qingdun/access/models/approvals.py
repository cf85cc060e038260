from __future__ import annotations

from datetime import date
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from qingdun.access.core.flow import Rule, Step
from qingdun.access.core.standing import OPEN, Standing, State, Verdict
from qingdun.access.models.people import Person
from qingdun.access.models.units import Unit

STATES = (
    (State.WAITING, _("待审核")),
    (State.SUPPLEMENT, _("待补正")),
    (State.AGREED, _("已同意")),
    (State.RETURNED, _("已退回")),
    (State.REJECTED, _("不同意")),
    (State.WITHDRAWN, _("已撤回")),
    (State.EXPIRED, _("已失效")),
)
VERDICTS = (
    (Verdict.AGREE, pgettext_lazy("verdict", "同意")),
    (Verdict.RETURN, pgettext_lazy("verdict", "退回修改")),
    (Verdict.REJECT, pgettext_lazy("verdict", "不同意")),
)
UNDECIDED = Q(state__in=sorted(OPEN))


class ApprovalQuerySet(models.QuerySet["Approval"]):
    def open(self) -> ApprovalQuerySet:
        return self.filter(UNDECIDED)

    def overdue(self, today: date) -> ApprovalQuerySet:
        """On a desk longer than its term; with the requester nothing is overdue."""
        return self.filter(state=State.WAITING, due__lt=today)

    def waiting_for(self, user: Any) -> ApprovalQuerySet:
        """What `user` may decide now, for himself or for those who delegated to him."""
        from qingdun.access.approvals import desks

        return self.filter(desks.waiting_for(user))

    def asked_by(self, user: Any) -> ApprovalQuerySet:
        """What the person behind this account asked for, whichever account it was."""
        return self.filter(requester_person=user.person_id)

    def decided_by(self, user: Any) -> ApprovalQuerySet:
        """What this person has had a say in, or somebody on his behalf."""
        return self.filter(_exists(Decision, Q(person=user.person_id) | Q(behalf_person=user.person_id)))

    def visible_to(self, user: Any) -> ApprovalQuerySet:
        """Its requester, those it is about, those who decided and those on whose desk it lies: nobody else."""
        from qingdun.access.approvals import desks

        if not getattr(user, "person_id", None):
            return self.none()
        own = Q(requester_person=user.person_id) | _exists(Beneficiary, Q(person=user.person_id))
        decided = _exists(Decision, Q(person=user.person_id) | Q(behalf_person=user.person_id))
        return self.filter(own | decided | UNDECIDED & desks.on_desk_of(user))


class Approval(models.Model):
    """审批: one thing asked for, on its way over the desks of its kind's flow.

    `rule` is the version of the flow it started under, kept whole. Where it waits is `permission` held as `reach` asks
    at `desk`; `besides` are the roles that may not decide this step, between commas. The database itself refuses a
    decision by its requester, by who benefits, by one person twice, and any while it is not waiting
    (`approvals.guards`).
    """

    kind = models.CharField(_("类别"), max_length=80)
    rule = models.JSONField(_("流程"))
    digest = models.CharField(_("流程摘要"), max_length=64)
    requester = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("申请账号"), on_delete=models.PROTECT, related_name="approvals"
    )
    requester_person = models.ForeignKey(
        Person, verbose_name=_("申请人"), on_delete=models.PROTECT, related_name="approvals_asked"
    )
    unit = models.ForeignKey(Unit, verbose_name=_("归属单位"), on_delete=models.PROTECT, related_name="approvals")
    subject_type = models.CharField(_("对象类别"), max_length=80, blank=True)
    subject_id = models.CharField(_("对象编号"), max_length=80, blank=True)
    subject = models.CharField(_("对象"), max_length=200, blank=True)
    title = models.CharField(_("事项"), max_length=200)
    asked = models.JSONField(_("申请内容"), default=dict)
    reason = models.TextField(_("申请理由"))
    once = models.CharField(max_length=64, editable=False)
    earlier = models.ForeignKey(
        "self", verbose_name=_("原申请"), on_delete=models.PROTECT, null=True, blank=True, related_name="later"
    )
    created = models.DateTimeField(_("申请时间"))
    ended = models.DateTimeField(_("办结时间"), null=True, blank=True)

    state = models.CharField(_("状态"), max_length=12, default=State.WAITING, choices=STATES)
    step = models.PositiveSmallIntegerField(_("环节"), default=0)
    agreed = models.PositiveSmallIntegerField(default=0)
    due = models.DateField(_("期限"), null=True, blank=True)
    left = models.SmallIntegerField(null=True, blank=True)
    supplemented = models.BooleanField(default=False)
    extended = models.BooleanField(default=False)

    permission = models.CharField(max_length=80, blank=True)
    reach = models.CharField(max_length=10, blank=True)
    desk = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+")
    besides = models.CharField(max_length=200, blank=True)

    objects = ApprovalQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("审批")
        constraints = [
            models.CheckConstraint(
                condition=Q(UNDECIDED, due__isnull=False, ended__isnull=True)
                | Q(~UNDECIDED, due__isnull=True, ended__isnull=False),
                name="approval_open_has_a_clock",
            ),
            models.UniqueConstraint(
                fields=["kind", "requester_person", "subject_type", "subject_id", "once"],
                condition=UNDECIDED,
                name="approval_open_once",
            ),
        ]
        indexes = [
            models.Index(fields=["permission", "desk", "due"], condition=Q(state="waiting"), name="approval_inbox"),
            models.Index(fields=["state", "due"], name="approval_clock"),
            models.Index(fields=["requester_person", "-id"], name="approval_mine"),
            models.Index(fields=["subject_type", "subject_id"], name="approval_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.rule['name']} {self.pk}：{self.title}"

    def get_absolute_url(self) -> str:
        return reverse("powers:approval", args=[self.pk])

    @property
    def unit_path(self) -> str:
        return self.unit.path

    def read_rule(self) -> Rule:
        """The version of the flow this approval runs under."""
        return Rule.read(self.rule)

    @property
    def here(self) -> Step:
        """The step it is in, or ended in."""
        return self.read_rule().steps[self.step]

    @property
    def standing(self) -> Standing:
        return Standing(
            State(self.state), self.step, self.agreed, self.due, self.left, self.supplemented, self.extended
        )

    @standing.setter
    def standing(self, now: Standing) -> None:
        self.state, self.step, self.agreed, self.due = now.state.value, now.step, now.agreed, now.due
        self.left, self.supplemented, self.extended = now.left, now.supplemented, now.extended


class Beneficiary(models.Model):
    """受益人: a natural person an approval is for. He can decide nothing on it."""

    approval = models.ForeignKey(Approval, on_delete=models.PROTECT, related_name="beneficiaries")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="approvals_about")

    objects: models.Manager[Beneficiary] = models.Manager()

    class Meta:
        verbose_name = _("受益人")
        constraints = [models.UniqueConstraint(fields=["approval", "person"], name="beneficiary_once")]

    def __str__(self) -> str:
        return str(self.person)


class Decision(models.Model):
    """审核意见: what one natural person said in one step. Rows are only ever appended.

    `person` is who decided; `on_behalf` whose power he used when it was delegated to him.
    """

    approval = models.ForeignKey(Approval, on_delete=models.PROTECT, related_name="decisions")
    step = models.PositiveSmallIntegerField(_("环节"))
    verdict = models.CharField(_("意见"), max_length=8, choices=VERDICTS)
    code = models.CharField(_("理由代码"), max_length=20, blank=True)
    reason = models.TextField(_("理由"), blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="decisions")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="decisions")
    on_behalf = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    behalf_person = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    permission = models.CharField(max_length=80)
    role = models.CharField(_("角色"), max_length=40, blank=True)
    at = models.DateTimeField(_("时间"))

    objects: models.Manager[Decision] = models.Manager()

    class Meta:
        ordering = ["pk"]
        verbose_name = _("审核意见")
        constraints = [
            models.UniqueConstraint(fields=["approval", "person"], name="decision_once_a_person"),
            models.UniqueConstraint(
                fields=["approval", "behalf_person"],
                condition=Q(behalf_person__isnull=False),
                name="decision_once_a_delegator",
            ),
            models.CheckConstraint(
                condition=Q(on_behalf__isnull=True, behalf_person__isnull=True)
                | Q(on_behalf__isnull=False, behalf_person__isnull=False) & ~Q(behalf_person=models.F("person")),
                name="decision_for_somebody_else",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person} {self.verdict}"


class ApprovalEvent(models.Model):
    """经过: what else happened on the way, for the timeline. Rows are only ever appended."""

    class What(models.TextChoices):
        ASKED = "asked", pgettext_lazy("event", "提出申请")
        WANTED = "wanted", pgettext_lazy("event", "要求一次性补正")
        SUPPLIED = "supplied", pgettext_lazy("event", "已补正")
        EXTENDED = "extended", pgettext_lazy("event", "延长期限")
        WITHDRAWN = "withdrawn", pgettext_lazy("event", "撤回申请")
        EXPIRED = "expired", pgettext_lazy("event", "逾期未补正，自动失效")
        GIVEN_BACK = "given_back", pgettext_lazy("event", "人员变动，退回")
        FALLBACK = "fallback", pgettext_lazy("event", "原环节无人可审，转由他人审核")
        STUCK = "stuck", pgettext_lazy("event", "目前无人可审")
        MOVED = "moved", pgettext_lazy("event", "改由现任人员审核")

    approval = models.ForeignKey(Approval, on_delete=models.PROTECT, related_name="events")
    what = models.CharField(max_length=10, choices=What.choices)
    step = models.PositiveSmallIntegerField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    text = models.TextField(blank=True)
    at = models.DateTimeField()

    objects: models.Manager[ApprovalEvent] = models.Manager()

    class Meta:
        ordering = ["pk"]
        verbose_name = _("经过")

    def __str__(self) -> str:
        return f"{self.approval_id} {self.what}"


def _exists(model: type[models.Model], which: Q) -> Exists:
    """As a subquery, so that an approval stands once in a list however many rows match."""
    return Exists(model._default_manager.filter(which, approval=OuterRef("pk")))
