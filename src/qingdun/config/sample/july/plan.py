"""Who attacks the sample city in July 2022, when, how often and what stops it: the plan from which every line follows.

Three sorts of sources. A *campaign* hits one system for a few minutes so hard that two devices intercept it: it meets
the shipped policy that blocks by itself (`operations/policies/multi_device.yaml`: 20 interceptions, two devices, ten
minutes). A *visit* is a handful of lines of one of many sources that each meet a single device only and never meet
that policy. And agents on eleven hosts find a backdoor. All other lines are harmless or noise. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from random import Random

from qingdun.config.sample.city import City, Host, senders
from qingdun.config.sample.traffic import ATTACKS, HOURS

DAYS, DAY = 31, 86_400
INTERCEPTED = 1_577_372  # hits that devices stopped in the month
PORTAL = 444_368  # of these at the portal and the shared site platform
BLOCKED = 2_799  # sources that a policy blocks
BACKDOORS = 11
PORTAL_CAMPAIGNS = 790  # of the sources that are blocked
VISITS, STRAGGLERS, PORTAL_VISITS = 42_000, 9_000, 11_000  # visits, of so many sources, so many of them at the portal
VISIT_LINES = 170_000
PAUSE = 1000  # seconds between the lines of a visit: no policy proposes what comes so seldom
REQUESTS, SIGN_INS, NOISE, REPORTS = 100_000, 12_000, 3_000, 40_000  # lines that stop nothing; the last: seen only
_SINGLE = 110  # hits of a campaign that devices write down one by one, at most
_FOLD = 60  # hits folded into one line, about
#: Each hour of the day as often as it is busy.
BUSY = [hour for hour, share in enumerate(HOURS) for _ in range(share)]
_IPV4 = range(71, 190)  # of 198.51.100.0/24; the rest of it is met elsewhere in the sample


@dataclass(frozen=True, slots=True)
class Target:
    """A site and the machine it runs on."""

    domain: str
    address: str
    host: str
    portal: bool


@dataclass(frozen=True, slots=True)
class Campaign:
    """One source, one target, a few minutes; `singles` lines of one hit and one line for each number in `folded`."""

    source: str
    start: int  # seconds into the month
    span: int
    target: Target
    attack: int  # of traffic.ATTACKS
    pair: int  # which two devices
    singles: int
    folded: tuple[int, ...]

    @property
    def hits(self) -> int:
        return self.singles + sum(self.folded)


@dataclass(frozen=True, slots=True)
class Visit:
    """A few lines of one hit each, at one device."""

    source: str
    start: int
    target: Target
    attack: int
    device: int
    lines: int


@dataclass(frozen=True, slots=True)
class Plan:
    """The month. The last four are numbers of lines; backdoors are (second, host)."""

    campaigns: tuple[Campaign, ...]
    visits: tuple[Visit, ...]
    backdoors: tuple[tuple[int, Host], ...]
    writing: tuple[Target, ...]  # those whose web servers send their own logs
    requests: int
    sign_ins: int
    noise: int
    reports: int

    @property
    def intercepted(self) -> int:
        return sum(one.hits for one in self.campaigns) + sum(one.lines for one in self.visits)

    @property
    def portal(self) -> int:
        campaigns = sum(one.hits for one in self.campaigns if one.target.portal)
        return campaigns + sum(one.lines for one in self.visits if one.target.portal)

    @property
    def lines(self) -> int:
        attacks = sum(one.singles + len(one.folded) for one in self.campaigns) + sum(one.lines for one in self.visits)
        return attacks + len(self.backdoors) + self.requests + self.sign_ins + self.noise + self.reports


def plan(city: City, scale: float = 1.0) -> Plan:
    """The month of that city; `scale` shrinks every number but that of the backdoors, for tests."""
    dice = Random("july")

    def some(number: int) -> int:
        return max(2, round(number * scale))

    targets = tuple(_targets(city))
    portals, others = [one for one in targets if one.portal], [one for one in targets if not one.portal]
    visits = _visits(
        shares(some(VISIT_LINES), [dice.uniform(1, 7) for _ in range(some(VISITS))], 1),
        some(PORTAL_VISITS), some(STRAGGLERS), portals, others, dice,
    )  # fmt: skip
    at_portal = sum(one.lines for one in visits if one.target.portal)
    elsewhere = sum(one.lines for one in visits) - at_portal
    first, all_of_them = some(PORTAL_CAMPAIGNS), some(BLOCKED)
    hits = [
        *_hits(some(PORTAL) - at_portal, first, dice),
        *_hits(some(INTERCEPTED) - some(PORTAL) - elsewhere, all_of_them - first, dice),
    ]
    campaigns = tuple(
        _campaign(number, count, portals if number < first else others, dice) for number, count in enumerate(hits)
    )
    infected = dice.sample([host for host in city.hosts if host.system and host.zone == "govnet"], BACKDOORS)
    backdoors = tuple(sorted(((_second(dice), host) for host in infected), key=lambda one: one[0]))
    lines = (some(REQUESTS), some(SIGN_INS), some(NOISE), some(REPORTS))
    fronts = {host.name for host in senders(city)[0]}
    return Plan(campaigns, visits, backdoors, tuple(one for one in targets if one.host in fronts), *lines)


def shares(total: int, weights: Sequence[float], least: int) -> list[int]:
    """`total` in whole parts after these weights, none below `least`; the parts add up to it exactly."""
    spare = total - least * len(weights)
    if spare < 0:
        raise ValueError(f"{total} is too little for {len(weights)} parts of {least}")
    borders = [round(spare * edge / (sum(weights) or 1)) for edge in accumulate(weights, initial=0.0)]
    borders[-1] = spare
    return [least + after - before for before, after in zip(borders, borders[1:], strict=False)]


def _targets(city: City) -> list[Target]:
    fronts = {host.system: host for host in reversed(city.hosts) if host.zone == "internet"}
    return [
        Target(domain, fronts[system.code].address, fronts[system.code].name, system.is_portal)
        for system in city.systems
        for domain in system.domains
    ]


def _hits(total: int, count: int, dice: Random) -> list[int]:
    return shares(total, [dice.lognormvariate(0, 0.8) for _ in range(count)], 60)


def _campaign(number: int, hits: int, targets: Sequence[Target], dice: Random) -> Campaign:
    singles = min(hits, max(40, min(_SINGLE, hits // 4)))
    rest = hits - singles
    lines = -(-rest // _FOLD)
    folded = tuple(shares(rest, [dice.uniform(1, 2) for _ in range(lines)], 1)) if lines else ()
    source = f"198.51.100.{_IPV4[number]}" if number < len(_IPV4) else f"2001:db8:a{number % 16:x}:{number:x}::5"
    span = dice.randint(120, 480)
    start = min(_second(dice), DAYS * DAY - span - 60)
    return Campaign(source, start, span, dice.choice(targets), dice.randrange(len(ATTACKS)), number, singles, folded)


def _visits(
    lines: Sequence[int],
    at_portal: int,
    sources: int,
    portals: Sequence[Target],
    others: Sequence[Target],
    dice: Random,
) -> tuple[Visit, ...]:
    """A source always meets the same device, so no two ever intercept it."""
    made = []
    for number, count in enumerate(lines):
        who = dice.randrange(sources)
        target = dice.choice(portals if number < at_portal else others)
        attack = dice.randrange(len(ATTACKS))
        made.append(Visit(f"2001:db8:b{who % 16:x}:{who + 1:x}::7", _second(dice), target, attack, who, count))
    return tuple(made)


def _second(dice: Random) -> int:
    """A second of the month at which something may begin; some days are worse, some hours busier."""
    day = min(int(dice.triangular(0, DAYS, 19)), DAYS - 1)
    return min(day * DAY + dice.choice(BUSY) * 3600 + dice.randrange(3600), DAYS * DAY - 9 * PAUSE)
