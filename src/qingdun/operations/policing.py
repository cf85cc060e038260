"""What pages show of the block policies: the readable ones by key, what each may do here."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from functools import cache, lru_cache
from typing import Any

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from qingdun.detection.classes import classes
from qingdun.lib.registry import BrokenContent, load
from qingdun.operations import policyfiles
from qingdun.operations.core.policy import Policy
from qingdun.operations.models import PolicySetting
from qingdun.operations.shown import Found, english, in_words, named
from qingdun.web.marks import Shape, Tone, mark


def policies() -> Found:
    """The block policies, one file each, read again when a city's file changed.

    While one is broken the last that were whole stand, and the problem is named.
    """
    try:
        _kept["good"] = _read(policyfiles.stamp())
    except BrokenContent as error:
        return Found(_kept.get("good", {}), str(error))
    return Found(_kept["good"])


_kept: dict[str, dict[str, Policy]] = {}


@lru_cache(maxsize=1)
def _read(_stamp: policyfiles.Stamp) -> dict[str, Policy]:
    samples.cache_clear()
    return dict(policyfiles.policies())


def policy_name(key: str) -> str:
    """What a policy is called; its key when its file is gone."""
    found = policies().found.get(key)
    return named(found) if found else key


ACTIONS = {
    "blocked": gettext_lazy("拦截"),
    "alerted": gettext_lazy("告警"),
    "deceived": gettext_lazy("诱捕"),
    "allowed": gettext_lazy("放行"),
    "": gettext_lazy("未说明"),
}
MODES: dict[str, tuple[Shape, Tone]] = {
    PolicySetting.Mode.OFF: ("square", "plain"),
    PolicySetting.Mode.DRY: ("ring", "plain"),
    PolicySetting.Mode.PROPOSE: ("diamond", "brand"),
    PolicySetting.Mode.BLOCK: ("circle", "ok"),
}


def mode_of(policy: Policy) -> str:
    """What a policy may do here: as an administrator set it, else as its file says."""
    setting = PolicySetting.objects.filter(policy=policy.key).first()
    return setting.mode if setting else str(policy.mode)


def mode_mark(mode: str) -> SafeString:
    return mark(dict(PolicySetting.Mode.choices)[PolicySetting.Mode(mode)], *MODES[mode])


@cache
def samples() -> Mapping[str, list[Any]]:
    """What each file proves itself with: the signals, and who is decided on."""
    return load("qingdun.operations.policies", lambda _key, document: list(document["samples"]))


def note(policy: Policy) -> str:
    return policy.note_en if english() else policy.note


def told(policy: Policy) -> list[str]:
    """The conditions in words, one sentence each."""
    found = [_counted(policy)]
    if policy.attacks:
        found.append(_("攻击类别：%s") % _comma().join(sorted(attack_name(key) for key in policy.attacks)))
    if policy.actions:
        found.append(_("设备的处置：%s") % _comma().join(sorted(str(ACTIONS.get(key, key)) for key in policy.actions)))
    if policy.rules:
        found.append(_("规则：%s") % _comma().join(sorted(policy.rules)))
    if policy.said:
        found.append(_("由检测规则认定") if policy.said == "rule" else _("由设备报告或平台自身识别"))
    if policy.level:
        found.append(_("级别不低于 %d") % policy.level)
    found.append(_("首次封禁 %s，再犯加倍，最长 30 天") % in_words(timedelta(minutes=policy.term)))
    return found


def _counted(policy: Policy) -> str:
    words = _("同一来源 %(minutes)d 分钟内 %(hits)d 次")
    if policy.devices > 1:
        words = _("同一来源 %(minutes)d 分钟内在 %(devices)d 台以上设备上共 %(hits)d 次")
    return words % {"minutes": policy.minutes, "hits": policy.hits, "devices": policy.devices}


def _comma() -> str:
    return ", " if english() else "、"


def attack_name(key: str) -> str:
    """What a class of attacks is called; its key when no file names it."""
    found = classes().get(key)
    return named(found) if found else key
