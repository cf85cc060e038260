from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from qingdun.access.models import Account


class RuleSwitchQuerySet(models.QuerySet["RuleSwitch"]):
    def standing(self, at: datetime | None = None) -> RuleSwitchQuerySet:
        """Those that keep a rule off at that moment; now when none is given."""
        moment = at or timezone.now()
        return self.filter(ended=None).filter(Q(until=None) | Q(until__gt=moment))

    def off(self, at: datetime | None = None) -> frozenset[str]:
        """The ids of the rules that are switched off."""
        return frozenset(self.standing(at).values_list("rule", flat=True))


class RuleSwitch(models.Model):
    """停用: a rule that somebody switched off, why, and until when. An ended one stays as history."""

    rule = models.CharField(_("规则"), max_length=64)
    reason = models.CharField(_("理由"), max_length=200)
    by = models.ForeignKey(Account, verbose_name=_("停用人"), on_delete=models.PROTECT, related_name="+")
    since = models.DateTimeField(_("起"))
    until = models.DateTimeField(_("止"), null=True, blank=True)
    ended = models.DateTimeField(_("恢复时间"), null=True, blank=True)
    ended_by = models.ForeignKey(Account, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    ended_why = models.CharField(_("恢复理由"), max_length=200, blank=True)

    objects = RuleSwitchQuerySet.as_manager()

    class Meta:
        ordering = ["-since", "-pk"]
        verbose_name = _("规则停用")
        constraints = [
            models.UniqueConstraint(fields=["rule"], condition=Q(ended=None), name="rule_switched_once"),
            models.CheckConstraint(condition=Q(until=None) | Q(until__gt=F("since")), name="rule_off_ends_later"),
        ]

    def __str__(self) -> str:
        return self.rule

    def stands(self, at: datetime) -> bool:
        return self.ended is None and (self.until is None or self.until > at)


class RuleStateQuerySet(models.QuerySet["RuleState"]):
    def account(self, seconds: Mapping[str, float], resting: Mapping[str, float], at: datetime) -> None:
        """Add what rules took since the last account. `resting`: those newly in quarantine, and what led to it."""
        wanted = {*(rule for rule, spent in seconds.items() if spent > 0), *resting}
        held = {one.rule: one for one in self.filter(rule__in=wanted)}
        fresh = [RuleState(rule=rule) for rule in sorted(wanted - held.keys())]
        self.bulk_create(fresh)
        for one in (*held.values(), *fresh):
            one.seconds += seconds.get(one.rule, 0.0)
            one.measured = at
            if one.rule in resting:
                one.rested, one.took, one.woken = at, resting[one.rule], None
        self.bulk_update([*held.values(), *fresh], ["seconds", "measured", "rested", "took", "woken"], batch_size=500)

    def resting(self) -> RuleStateQuerySet:
        return self.exclude(rested=None)

    def woken(self) -> dict[str, datetime]:
        """The rules whose quarantine somebody ended, and when."""
        return {rule: at for rule, at in self.exclude(woken=None).values_list("rule", "woken") if at is not None}


class RuleState(models.Model):
    """规则运行: how much time a rule took, and whether it rests because one batch took too much."""

    rule = models.CharField(_("规则"), max_length=64, unique=True)
    seconds = models.FloatField(_("累计耗时（秒）"), default=0)
    measured = models.DateTimeField(_("最近计时"), null=True)
    rested = models.DateTimeField(_("隔离时间"), null=True, blank=True)
    took = models.FloatField(_("触发隔离的耗时（秒）"), default=0)
    woken = models.DateTimeField(_("唤醒时间"), null=True, blank=True)

    objects = RuleStateQuerySet.as_manager()

    class Meta:
        ordering = ["-seconds"]
        verbose_name = _("规则运行")

    def __str__(self) -> str:
        return self.rule
