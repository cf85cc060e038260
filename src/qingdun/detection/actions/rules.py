"""规则: switching off and on, waking, and the city's own rules: permit, check, save, audit."""

from __future__ import annotations

import hashlib
import os
import re
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from qingdun import audit
from qingdun.access import policy
from qingdun.access.models import Account
from qingdun.detection import book as books
from qingdun.detection.core import sigma
from qingdun.detection.core.pipelines import pipelines
from qingdun.detection.core.program import link
from qingdun.detection.core.rules import Document
from qingdun.detection.models import RuleState, RuleSwitch

TUNE = "detection.tune"
LARGEST = 64 * 1024  # characters of a rule file that is pasted
_FILE = re.compile(r"[a-z0-9][a-z0-9_-]{1,58}\.yml")


@transaction.atomic
def switch_off(rule: str, *, by: Account, reason: str, until: datetime | None = None) -> RuleSwitch:
    """The rule no longer fires; a correlation that needs it still sees it. Raises ValidationError."""
    policy.require(by, TUNE, policy.ROOT)
    _reasoned(reason)
    entry = books.book().get(rule.lower())
    if entry is None:
        raise ValidationError(_("规则库里没有规则 %s") % rule)
    now = timezone.now()
    if until is not None and until <= now:
        raise ValidationError(_("截止时间应在将来"))
    old = RuleSwitch.objects.select_for_update().filter(rule=entry.id, ended=None).first()
    if old is not None and old.stands(now):
        raise ValidationError(_("规则“%s”已经停用") % entry.title)
    if old is not None:  # its term is over
        old.ended, old.ended_why = old.until, _("到期自行恢复")
        old.save(update_fields=["ended", "ended_why"])
    made = RuleSwitch.objects.create(rule=entry.id, reason=reason[:200], by=by, since=now, until=until)
    audit.record(by, TUNE, f"{entry.title} {entry.id}", reason, changes={"off": (False, True), "until": (None, until)})
    return made


@transaction.atomic
def switch_on(rule: str, *, by: Account, reason: str) -> RuleSwitch:
    """Raises ValidationError."""
    policy.require(by, TUNE, policy.ROOT)
    _reasoned(reason)
    found = RuleSwitch.objects.select_for_update().filter(rule__iexact=rule, ended=None).first()
    if found is None or not found.stands(timezone.now()):
        raise ValidationError(_("规则 %s 没有停用") % rule)
    found.ended, found.ended_by, found.ended_why = timezone.now(), by, reason[:200]
    found.save(update_fields=["ended", "ended_by", "ended_why"])
    audit.record(by, TUNE, rule, reason, changes={"off": (True, False)})
    return found


@transaction.atomic
def wake(rule: str, *, by: Account, reason: str) -> RuleState:
    """Let a rule be tried again that rests because it took too much time. Raises ValidationError."""
    policy.require(by, TUNE, policy.ROOT)
    _reasoned(reason)
    found = RuleState.objects.select_for_update().filter(rule__iexact=rule).exclude(rested=None).first()
    if found is None:
        raise ValidationError(_("规则 %s 没有被隔离") % rule)
    before, found.rested, found.woken = found.rested, None, timezone.now()
    found.save(update_fields=["rested", "woken"])
    audit.record(by, TUNE, rule, reason, changes={"rested": (before, None)})
    return found


# --- rules of the city ----------------------------------------------------------------------------------------------


def checked(text: str) -> list[Document]:
    """The documents of a text, by the same refusals as the command line. Raises ValidationError with each reason."""
    if len(text) > LARGEST:
        raise ValidationError(_("规则文本超过 %s 字") % LARGEST)
    try:
        found = sigma.documents(sigma.yaml_documents(text.encode()), "")
    except sigma.Wrong as error:
        raise ValidationError(f"{error.key}：{error}" if error.key else str(error)) from None
    entries = books.book()
    taken = [one.id for one in found if one.id and one.id.lower() in entries]
    program = link([*found, *books.documents().documents], pipelines())
    wrong = [f"{one.key}：{one.reason}" for one in program.refused if one.file == ""]
    if taken:
        wrong.append(_("规则库里已有规则 %s") % "、".join(taken))
    given = books.as_given(text.encode())
    for one, beside in zip(found, given, strict=False):
        wrong += [f"{at}：{why}" for at, why in books.faults(one, beside, frozenset())]
    if len({one.id.lower() for one in found}) < len(found):
        wrong.append(_("同一个 id 写了两次"))
    if any(not one.id for one in found):
        wrong.append(_("每条规则都要有 id"))
    if wrong:
        raise ValidationError(wrong)
    return found


@transaction.atomic
def save_rule(text: str, *, by: Account, reason: str) -> list[Document]:
    """Keep Sigma documents as a file of the city's; readers take it up within seconds. Raises ValidationError."""
    policy.require(by, TUNE, policy.ROOT)
    _reasoned(reason)
    found = checked(text)
    digest = hashlib.sha256(text.encode()).hexdigest()
    name = f"web-{digest[:16]}.yml"
    audit.record(by, TUNE, f"{name} {found[0].title}", reason, changes={"sha256": (None, digest)})
    _write(name, text)
    return found


@transaction.atomic
def remove_rule(rule: str, *, by: Account, reason: str) -> None:
    """Drop the file in which a rule of the city stands, if it was added on these pages. Raises ValidationError."""
    policy.require(by, TUNE, policy.ROOT)
    _reasoned(reason)
    entry = books.book().get(rule.lower())
    file = books.city() / (entry.file.rsplit("/", 1)[-1] if entry else "")
    if entry is None or not removable(entry) or not file.is_file():
        raise ValidationError(_("规则 %s 不是在页面上添加的，不能在这里删除") % rule)
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    audit.record(by, TUNE, f"{file.name} {entry.title}", reason, changes={"sha256": (digest, None)})
    file.unlink()


def removable(entry: books.Entry) -> bool:
    """Was this rule added on these pages?"""
    name = entry.file.rsplit("/", 1)[-1]
    return not entry.own and name.startswith("web-") and _FILE.fullmatch(name) is not None


def _write(name: str, text: str) -> None:
    """Whole or not at all: a reader process may look at the folder at any moment."""
    folder = books.city()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    partial = folder / f".{name}.new"
    with partial.open("w", encoding="utf-8") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
    partial.replace(folder / name)


def _reasoned(reason: str) -> None:
    if not reason.strip():
        raise ValidationError(_("请写明理由"))
