"""What is asked of every block before it stands: form, width, overlap, term, and last of all what is protected."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from qingdun.operations import guarding
from qingdun.operations.core import overlap, terms
from qingdun.operations.core.guards import NotBlockable, Target, refusal
from qingdun.operations.core.overlap import Extent
from qingdun.operations.models import Block, Revision


@dataclass(frozen=True, slots=True)
class Weighed:
    """What the guards found. `problem` empty: it may stand, by two persons when `second` says why."""

    target: Target
    direction: str
    until: datetime | None
    offence: int
    problem: str = ""
    second: str = ""
    covered_by: Block | None = None
    takes_over: tuple[Block, ...] = ()


def hold() -> None:
    """Let nobody else change the block list until the end of this transaction."""
    Revision.objects.get_or_create(pk=1)
    Revision.objects.select_for_update().get(pk=1)


def look(
    address: str,
    direction: str = "inbound",
    until: datetime | None = None,
    *,
    now: datetime | None = None,
    keeper: guarding.Keeper | None = None,
    apart_from: Block | None = None,
) -> Weighed:
    """Ask the guards without writing anything. Raises NotBlockable only when the text is no address or network."""
    now, target = now or timezone.now(), Target.parse(address)
    offence = _offence(target, direction, now)
    met = _meet(target, direction, until, now, apart_from)
    covered = Block.objects.get(pk=met.covered_by.id) if met.covered_by else None
    return Weighed(
        target,
        direction,
        until,
        offence,
        problem=_problem(target, covered, until, now, keeper or guarding.Keeper()),
        second=_second(target, now, until),
        covered_by=covered,
        takes_over=tuple(Block.objects.filter(pk__in=[one.id for one in met.takes_over])),
    )


def usual_end(address: str, direction: str = "inbound", *, now: datetime | None = None) -> datetime:
    """When a block of this address that begins now ends by default: a day, doubled with every repeat offence."""
    now = now or timezone.now()
    return now + terms.term(_offence(Target.parse(address), direction, now))


def extent(block: Block) -> Extent:
    """A row as the pure part sees it."""
    return Extent(block.pk, block.address, block.first_key, block.last_key, block.direction, block.valid_until)


def offences(address: str, direction: str, at: datetime) -> int:
    """How often this address was blocked before, as far as is remembered; what a person lifted does not count."""
    counted = Q(state__in=[Block.State.EXPIRED, Block.State.STANDING])
    recent = Q(decided__gt=at - terms.REMEMBERED, decided__lt=at + timedelta(microseconds=1))
    return Block.objects.filter(counted & recent, address=address, direction=direction).count()


def _offence(target: Target, direction: str, at: datetime) -> int:
    return offences(target.text, direction, at) + 1


def _meet(
    target: Target, direction: str, until: datetime | None, now: datetime, apart_from: Block | None
) -> overlap.Overlap:
    standing = Block.objects.in_force(now).over(target.first, target.last)
    new = Extent(0, target.text, target.first, target.last, direction, until)
    return overlap.meet(new, [extent(one) for one in standing if apart_from is None or one.pk != apart_from.pk])


def _problem(
    target: Target, covered: Block | None, until: datetime | None, now: datetime, keeper: guarding.Keeper
) -> str:
    if until is not None and until <= now:
        return _("期限 %s 已过") % written(until)
    try:
        guarding.limits().refuse(target)
    except NotBlockable as wide:
        return str(wide)
    if covered is not None:
        return _("%(address)s 已由 %(block)s 封禁（%(until)s）") % {
            "address": target.text,
            "block": covered.address,
            "until": written(covered.valid_until),
        }
    protecting = keeper.protecting(target)  # last, so that nothing said before outweighs it
    return refusal(target, protecting) if protecting else ""


def _second(target: Target, now: datetime, until: datetime | None) -> str:
    if not target.is_single:
        return _("多于一个地址，须第二人批准")
    if terms.is_long(now, until):
        return _("不设期限或超过 %d 天，须第二人批准") % terms.LONGEST.days
    return ""


def written(moment: datetime | None) -> str:
    """An end as people read it."""
    return timezone.localtime(moment).strftime(_("至 %Y-%m-%d %H:%M")) if moment else _("不设期限")
