"""One entry of the audit record on its own page: the act, what it changed, and how it hangs in the chain."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from qingdun.access import policy
from qingdun.access.models import Account
from qingdun.audit.core.chain import START
from qingdun.audit.models import Checkpoint, Entry
from qingdun.powers.entries import act, at, changes, kind, who
from qingdun.powers.listings.audit import AUDITORS, ENTRIES, MINE
from qingdun.web.details import Fact
from qingdun.web.marks import mark


def context(entry: Entry, reader: Account) -> dict[str, Any]:
    listing = _listing(entry, reader)
    neighbours = listing.rows(reader)
    return {
        "entry": entry,
        "title": act(entry.action),
        "at": at(entry),
        "facts": _facts(entry),
        "changes": changes(entry),
        "chain": _chain(entry),
        "listing": listing,
        "list_url": reverse(listing.key.replace(".", ":")),
        "links": _links(entry, listing) if listing is not MINE else [],
        "before": neighbours.filter(sequence__lt=entry.sequence).order_by("-sequence").first(),
        "after": neighbours.filter(sequence__gt=entry.sequence).order_by("sequence").first(),
    }


def _listing(entry: Entry, reader: Account) -> Any:
    """The list this reader came from, or would find the entry in."""
    if entry.office == Entry.Office.AUDIT:
        return AUDITORS if policy.may(reader, "audit.view_auditors") else MINE
    return ENTRIES if policy.may(reader, "audit.view") else MINE


def _facts(entry: Entry) -> list[Fact]:
    subject = f"{entry.subject}（{kind(entry)}）" if entry.subject_type else entry.subject
    return [
        Fact(_("时间"), at(entry)),
        Fact(_("账号"), who(entry)),
        Fact(_("人员"), entry.person),
        Fact(_("三员职责"), entry.get_office_display()),
        Fact(_("动作"), act(entry.action)),
        Fact(_("来源地址"), entry.address, code=True),
        Fact(_("对象"), subject, wide=True),
        Fact(_("事由"), entry.reason, wide=True),
    ]


def _chain(entry: Entry) -> list[Fact]:
    """The digests, whether they follow from the entry before, and which signed checkpoint covers them."""
    previous = Entry.objects.filter(sequence=entry.sequence - 1).first()
    before = previous.link if previous else START
    covering = Checkpoint.objects.filter(sequence__gte=entry.sequence).order_by("number").first()
    return [
        Fact(_("序号"), entry.sequence),
        Fact(_("与前一条"), _joined(before.next(entry.content()) == entry.link)),
        Fact("SHA-256", entry.sha256, code=True, wide=True),
        Fact("SM3", entry.sm3, code=True, wide=True),
        Fact(_("前一条 SM3"), before.sm3, code=True, wide=True),
        Fact(_("检查点"), _covered(covering)),
    ]


def _joined(holds: bool) -> SafeString:
    return mark(_("摘要相符"), "circle", "ok") if holds else mark(_("摘要不符"), "triangle", "bad")


def _covered(covering: Checkpoint | None) -> str | SafeString:
    if covering is None:
        return mark(_("尚未签署，下一个整点会签"), "ring")
    return _("第 %(number)d 号，%(at)s 签署") % {
        "number": covering.number,
        "at": f"{localtime(covering.at):%Y-%m-%d %H:%M}",
    }


def _links(entry: Entry, listing: Any) -> list[tuple[str, str]]:
    """Everything that was done to the same object, and everything the same account did."""
    base = reverse(listing.key.replace(".", ":"))
    found = []
    if entry.subject_type:
        query = urlencode({"object": f"{entry.subject_type}:{entry.subject_id}"})
        found.append((_("这个对象的全部操作"), f"{base}?{query}"))
    if entry.actor_id:
        found.append((_("这个账号的全部操作"), f"{base}?{urlencode({'account': entry.actor_id})}"))
    return found
