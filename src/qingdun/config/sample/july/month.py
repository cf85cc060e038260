"""The lines of July in the order of time, one day after the other. Pure: the same plan gives the same bytes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from qingdun.config.sample.city import City
from qingdun.config.sample.july.lines import Devices, noise, request, sign_in
from qingdun.config.sample.july.plan import BUSY, DAY, DAYS, PAUSE, Campaign, Plan, Target, Visit

#: The second of the month, and what writes the line.
Due = tuple[int, Callable[[datetime, Random], str]]
_FIRST_DEVICE = 0.7  # of the single hits of a campaign


def days(city: City, plan: Plan, zone: str) -> Iterator[list[bytes]]:
    """The lines of each day, oldest first. `zone` is that of the devices' clocks."""
    devices, begin = Devices(city), datetime(2022, 7, 1, tzinfo=ZoneInfo(zone))
    late: list[Due] = []  # what began shortly before midnight and goes on after it
    for day, attacks in enumerate(_due(plan, devices)):
        dice = Random(f"july {day}")
        due = sorted([*attacks, *late, *_harmless(plan, day, dice)], key=lambda one: one[0])
        border = (day + 1) * DAY
        late = [one for one in due if one[0] >= border]
        yield [write(begin + timedelta(seconds=second), dice).encode() for second, write in due if second < border]


def _due(plan: Plan, devices: Devices) -> Iterator[list[Due]]:
    """What attacks are written down, by the day they begin."""
    campaigns: dict[int, list[Campaign]] = defaultdict(list)
    visits: dict[int, list[Visit]] = defaultdict(list)
    for campaign in plan.campaigns:
        campaigns[campaign.start // DAY].append(campaign)
    for visit in plan.visits:
        visits[visit.start // DAY].append(visit)
    dice = Random("july attacks")
    seen: dict[int, list[Campaign]] = defaultdict(list)
    for campaign in dice.choices(plan.campaigns, k=plan.reports):
        seen[campaign.start // DAY].append(campaign)
    for day in range(DAYS):
        found = [one for campaign in campaigns[day] for one in _campaign(campaign, devices, dice)]
        found += [one for visit in visits[day] for one in _visit(visit, devices, dice)]
        found += [_report(campaign, devices, dice) for campaign in seen[day]]
        for second, host in plan.backdoors:
            if second // DAY == day:
                found.append((second, lambda at, dice, host=host: devices.backdoor(at, host, dice)))  # type: ignore[misc]
        yield found


def _campaign(one: Campaign, devices: Devices, dice: Random) -> Iterator[Due]:
    first, second = devices.pairs[one.pair % len(devices.pairs)]
    at_first = int(one.singles * _FIRST_DEVICE)
    for number in range(one.singles):
        yield _hit(one, first if number < at_first else second, 1, dice)
    for count in one.folded:
        yield _hit(one, second, count, dice)


def _hit(one: Campaign, device: Callable[..., str], count: int, dice: Random) -> Due:
    source, target, attack = one.source, one.target, one.attack
    return one.start + dice.randrange(one.span), lambda at, dice: device(at, source, target, attack, count, dice)


def _visit(one: Visit, devices: Devices, dice: Random) -> Iterator[Due]:
    device = devices.alone[one.device % len(devices.alone)]
    source, target, attack = one.source, one.target, one.attack
    for number in range(one.lines):
        second = one.start + number * PAUSE + dice.randrange(60)
        yield second, lambda at, dice: device(at, source, target, attack, 1, dice)


def _report(one: Campaign, devices: Devices, dice: Random) -> Due:
    return _hit(one, devices.reporting[dice.getrandbits(1)], 1, dice)


def _harmless(plan: Plan, day: int, dice: Random) -> Iterator[Due]:
    targets = plan.writing
    for _ in range(_part(plan.requests, day)):
        yield _second(day, dice), _of(request, dice.choice(targets))
    for _ in range(_part(plan.sign_ins, day)):
        yield _second(day, dice), _of(sign_in, dice.choice(targets))
    for _ in range(_part(plan.noise, day)):
        yield _second(day, dice), noise


def _of(write: Callable[[datetime, Target, Random], str], target: Target) -> Callable[[datetime, Random], str]:
    return lambda at, dice: write(at, target, dice)


def _part(total: int, day: int) -> int:
    """The share of one day; all days together have the total."""
    return total * (day + 1) // DAYS - total * day // DAYS


def _second(day: int, dice: Random) -> int:
    return day * DAY + dice.choice(BUSY) * 3600 + dice.randrange(3600)
