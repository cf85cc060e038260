"""Forms of blocking: what a person types, read once. Whether it may be done is said by `actions`."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from qingdun.operations.core.guards import NotBlockable, Target
from qingdun.operations.models import Block, PolicySetting, Protected

MANY = 200  # addresses of one form
TERMS = (
    ("1h", gettext_lazy("1 小时")),
    ("1d", gettext_lazy("1 天")),
    ("3d", gettext_lazy("3 天")),
    ("7d", gettext_lazy("7 天")),
    ("30d", gettext_lazy("30 天")),
    ("always", gettext_lazy("长期（须第二人审批）")),
)
UNITS = {"m": "minutes", "h": "hours", "d": "days"}
LONGEST = timedelta(days=3660)


class NotATerm(ValueError):
    """The text is no term; the message is shown as it stands."""


def term_of(text: str) -> timedelta | None:
    """`30m`, `12h`, `7d` as a span; None for `always`. Raises NotATerm."""
    if text == "always":
        return None
    number, unit = text[:-1], text[-1:]
    if unit not in UNITS or not (number.isascii() and number.isdigit()) or not 0 < int(number) < 10_000_000:
        raise NotATerm(_("“%s”不是期限，请写成 30m、12h、7d 或 always") % text)
    span = timedelta(**{UNITS[unit]: int(number)})
    if span > LONGEST:
        raise NotATerm(_("期限最长 10 年，再长请写 always"))
    return span


def until(text: str, now: datetime) -> datetime | None:
    """When a block of that term ends; None for one without end. Raises NotATerm."""
    span = term_of(text)
    return None if span is None else now + span


def address(text: str) -> str:
    """One address or network as it is always written. Raises ValidationError."""
    try:
        return Target.parse(text).text
    except NotBlockable as error:
        raise ValidationError(str(error)) from None


def addresses(text: str) -> list[str]:
    """Several, separated by spaces, commas or lines, each once. Raises ValidationError with every fault."""
    words = text.replace(",", " ").replace("，", " ").replace("；", " ").replace(";", " ").replace("、", " ").split()
    found, faults = [], []
    for word in words:
        try:
            found.append(address(word))
        except ValidationError as error:
            faults += error.messages
    if len(words) > MANY:
        faults.append(_("一次最多 %d 个地址") % MANY)
    if faults:
        raise ValidationError(faults)
    return list(dict.fromkeys(found))


class ReasonForm(forms.Form):
    """Why. Goes into the record as it stands."""

    reason = forms.CharField(
        label=gettext_lazy("理由"), max_length=200, widget=forms.Textarea(attrs={"rows": 2}), strip=True
    )


class TermField(forms.ChoiceField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(label=gettext_lazy("期限"), choices=TERMS, initial="1d", **kwargs)


class BlockForm(ReasonForm):
    """新增封禁: one or many addresses, one reason."""

    addresses = forms.CharField(
        label=gettext_lazy("地址或网段"),
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false", "autocapitalize": "off"}),
        help_text=gettext_lazy("IPv4 或 IPv6，一行一个；网段写成 198.51.100.0/24"),
    )
    direction = forms.ChoiceField(
        label=gettext_lazy("方向"), choices=Block.Direction.choices, initial=Block.Direction.INBOUND
    )
    term = TermField()
    alert = forms.IntegerField(required=False, widget=forms.HiddenInput)
    field_order = ("addresses", "reason", "direction", "term")

    def clean_addresses(self) -> list[str]:
        return addresses(self.cleaned_data["addresses"])

    @property
    def until(self) -> datetime | None:
        return until(self.cleaned_data["term"], timezone.now())


class ExtendForm(ReasonForm):
    """延长: from now on for another term."""

    term = TermField()
    field_order = ("term", "reason")

    @property
    def until(self) -> datetime | None:
        return until(self.cleaned_data["term"], timezone.now())


class AskForm(forms.Form):
    """May this address be blocked? Asked by GET, changes nothing."""

    address = forms.CharField(label=gettext_lazy("地址或网段"), max_length=49)

    def clean_address(self) -> str:
        return address(self.cleaned_data["address"])


class ProtectedForm(ReasonForm):
    address = forms.CharField(label=gettext_lazy("地址或网段"), max_length=49)
    kind = forms.ChoiceField(label=gettext_lazy("类别"), choices=Protected.Kind.choices)
    field_order = ("address", "kind", "reason")

    def clean_address(self) -> str:
        return address(self.cleaned_data["address"])


class ModeForm(ReasonForm):
    mode = forms.ChoiceField(label=gettext_lazy("方式"), choices=PolicySetting.Mode.choices)
    field_order = ("mode", "reason")


class AnswerForm(forms.Form):
    """What came of a work order that a person carried out on the device."""

    done = forms.TypedChoiceField(
        label=gettext_lazy("结果"),
        choices=[("yes", gettext_lazy("已在设备上完成")), ("no", gettext_lazy("没有完成"))],
        coerce=lambda given: given == "yes",
    )
    text = forms.CharField(label=gettext_lazy("说明"), max_length=200, required=False)


class ReplayForm(forms.Form):
    """回放: over how many of the last days."""

    days = forms.IntegerField(label=gettext_lazy("最近几天"), min_value=1, max_value=31, initial=7)
