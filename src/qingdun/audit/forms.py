from __future__ import annotations

from datetime import datetime, time, timedelta

from django import forms
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from qingdun.audit.acts import acts


def _choices() -> list[tuple[str, str]]:
    return [("", gettext("全部")), *((key, gettext(name)) for key, name in acts().items())]


class EntryFilter(forms.Form):
    """Which entries to show: when, who, what, to what."""

    start = forms.DateField(label=_("从"), required=False, widget=forms.DateInput({"type": "date"}))
    end = forms.DateField(label=_("到"), required=False, widget=forms.DateInput({"type": "date"}))
    actor = forms.CharField(label=_("账号"), required=False, max_length=150)
    action = forms.ChoiceField(label=_("动作"), required=False, choices=_choices)
    subject = forms.CharField(label=_("对象"), required=False, max_length=200)

    def q(self) -> Q:
        """The filter of a valid form; days are days of the installation's own clock, the last one included."""
        asked, found = self.cleaned_data, Q()
        if asked["start"]:
            found &= Q(at__gte=_midnight(asked["start"]))
        if asked["end"]:
            found &= Q(at__lt=_midnight(asked["end"] + timedelta(days=1)))
        if asked["actor"]:
            found &= Q(actor=asked["actor"])
        if asked["action"]:
            found &= Q(action=asked["action"])
        if asked["subject"]:
            found &= Q(subject__icontains=asked["subject"])
        return found

    def in_words(self) -> str:
        """What was asked for, as it is recorded: reading the records is itself on record."""
        asked = [f"{self.fields[key].label}：{value}" for key, value in self.cleaned_data.items() if value]
        return "；".join(asked) or gettext("全部")


def _midnight(day: object) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))  # type: ignore[arg-type]
