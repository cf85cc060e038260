"""What is done today changes no figure of an earlier day, and every former state of every record can be read again.

Acts at random, day after day: entering, retiring, agents and WAF coming and going, stages forward and back, other
owners, units renamed, moved and merged. At the end every figure of every unit on every day is counted again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qingdun.access.actions import create_unit, move_unit, rename_unit
from qingdun.access.models import Unit
from qingdun.access.policy import Scope
from qingdun.history.past import rows_at
from qingdun.history.tracking import values
from qingdun.inventory import actions
from qingdun.inventory.core.stages import Stage, WrongStage
from qingdun.inventory.indicators import INDICATORS
from qingdun.inventory.merging import merge, plan
from qingdun.inventory.models import Agent, Contact, Host, Protection, SecurityDevice, Site, System

START = datetime(2026, 3, 2, 4, tzinfo=UTC)
KINDS: tuple[Any, ...] = (System, Host, Site, SecurityDevice, Agent, Protection, Contact, Unit)


class City:
    """One run: its clock, its acts, what was counted on each day and what everything looked like after each act."""

    def __init__(self, by: Any, clock: list[datetime]) -> None:
        self.by, self.clock, self.number = by, clock, 0
        self.figures: dict[Any, dict[tuple[str, int], str]] = {}
        self.states: list[tuple[datetime, dict[Any, dict[int, Any]]]] = []

    @property
    def today(self) -> Any:
        return timezone.localdate()

    def pick(self, rows: Any, dice: Any) -> Any:
        found = list(rows.order_by("pk"))
        return found[dice(len(found))] if found else None

    def act(self, name: str, dice: Callable[[int], int]) -> None:
        self.number += 1
        self.clock[0] += timedelta(minutes=1)
        try:
            with transaction.atomic():
                getattr(self, name)(dice)
        except (ValidationError, WrongStage):
            pass
        self.clock[0] += timedelta(minutes=1)
        self.states.append(
            (timezone.now(), {kind: {row.pk: values(row) for row in kind._default_manager.all()} for kind in KINDS})
        )

    def next_day(self) -> None:
        self.figures[self.today] = self.counted(self.today)
        self.clock[0] += timedelta(days=1)

    def counted(self, day: Any) -> dict[tuple[str, int], str]:
        """Every figure of every unit, and of the whole city, as this day's question is answered now."""
        scopes = {0: Scope("inventory.view", ("/",))}
        scopes |= {unit.pk: Scope("inventory.view", (unit.path,)) for unit in Unit.objects.all()}
        known = {unit.pk for unit in Unit.objects.all() if unit.since is None or unit.since <= day} | {0}
        return {
            (one.key, key): repr(one.count(day, scope))
            for one in INDICATORS
            for key, scope in scopes.items()
            if key in known
        }

    def unit(self, dice: Any) -> Unit:
        found: Unit = self.pick(Unit.objects.filter(ended=None), dice)
        return found

    # --- the acts ---------------------------------------------------------------------------------------------------

    def enter_system(self, dice: Any) -> None:
        internet = self.today if dice(2) else None
        made = System(
            code=f"S{self.number}", name="系统", unit=self.unit(dice), provisioned=self.today, internet_since=internet
        )
        actions.register(made, by=self.by)

    def enter_host(self, dice: Any) -> None:
        made = Host(
            name="主机",
            zone="govnet",
            address=f"10.0.{self.number // 250}.{self.number % 250 + 1}",
            unit=self.unit(dice),
        )
        made.agent_since = self.today if dice(2) else None
        made.registered = self.today
        actions.register(made, by=self.by)

    def enter_site(self, dice: Any) -> None:
        if system := self.pick(System.objects.filter(retired=None), dice):
            domain = f"s{self.number}.example.cn"
            since = self.today if dice(2) else None
            made = Site(domain=domain, url=f"https://{domain}/", system=system, waf_since=since, registered=self.today)
            actions.register(made, by=self.by)

    def agent_by_the_host(self, dice: Any) -> None:
        if host := self.pick(Host.objects.filter(retired=None), dice):
            host.agent_since = None if host.agent_since else self.today
            host.agent_last_seen = None
            actions.change(host, by=self.by)

    def another_agent(self, dice: Any) -> None:
        if host := self.pick(Host.objects.filter(retired=None), dice):
            actions.register(Agent(host=host, product=f"P{dice(3)}", registered=self.today), by=self.by)

    def agent_off(self, dice: Any) -> None:
        if agent := self.pick(Agent.objects.filter(retired=None), dice):
            actions.retire(agent, self.today, by=self.by, reason="卸载")

    def waf_by_the_site(self, dice: Any) -> None:
        if site := self.pick(Site.objects.filter(retired=None), dice):
            site.waf_since = None if site.waf_since else self.today
            actions.change(site, by=self.by)

    def protection_off(self, dice: Any) -> None:
        if one := self.pick(Protection.objects.filter(retired=None), dice):
            actions.retire(one, self.today, by=self.by, reason="撤出")

    def stage(self, dice: Any) -> None:
        if system := self.pick(System.objects.filter(retired=None), dice):
            stage = list(Stage)[dice(5)]
            actions.move(system, stage, self.today, by=self.by, reason="变更")

    def face_the_internet(self, dice: Any) -> None:
        if system := self.pick(System.objects.filter(retired=None), dice):
            system.internet_since = None if system.internet_since else self.today
            actions.change(system, by=self.by)

    def hand_over(self, dice: Any) -> None:
        kind = (System, Host)[dice(2)]
        if thing := self.pick(kind._default_manager.all(), dice):
            thing.unit = self.unit(dice)
            actions.change(thing, by=self.by, reason="移交")

    def site_to_another_system(self, dice: Any) -> None:
        site, system = self.pick(Site.objects.filter(retired=None), dice), self.pick(System.objects.all(), dice)
        if site:
            site.system = system
            actions.change(site, by=self.by)

    def retire(self, dice: Any) -> None:
        kind = (Host, Site)[dice(2)]
        if thing := self.pick(kind._default_manager.filter(retired=None), dice):
            actions.retire(thing, self.today, by=self.by, reason="停用")

    def contact(self, dice: Any) -> None:
        made = Contact(unit=self.unit(dice), duty="contact", name="某人", phone="13800001234", registered=self.today)
        actions.register(made, by=self.by)

    def found_unit(self, dice: Any) -> None:
        create_unit(f"u{self.number}", "新单位", "city", self.unit(dice), by=self.by, since=self.today)

    def rename(self, dice: Any) -> None:
        rename_unit(self.unit(dice), f"名{self.number}", "", by=self.by, on=self.today, reason="更名")

    def move(self, dice: Any) -> None:
        move_unit(self.unit(dice), self.unit(dice), by=self.by, on=self.today, reason="划转")

    def merge(self, dice: Any) -> None:
        unit, into = self.unit(dice), self.unit(dice)
        shown = plan(unit, into, self.today, by=self.by)
        merge(unit, into, self.today, by=self.by, reason="合并", seen=shown.seen)


ACTS = [
    name
    for name, found in vars(City).items()
    if callable(found) and "dice" in getattr(found, "__code__", City.unit.__code__).co_varnames
]
ACTS = [name for name in ACTS if name not in {"pick", "act", "unit"}]
DAYS = st.lists(st.lists(st.tuples(st.sampled_from(ACTS), st.integers(0, 10**6)), max_size=7), min_size=2, max_size=5)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[datetime]]:
    now = [START]
    monkeypatch.setattr(timezone, "now", lambda: now[0])
    yield now


@pytest.fixture
def city(make_unit: Any, make_account: Any, make_grant: Any, clock: list[datetime]) -> Any:
    root = make_unit()
    for code, parent in (("a", root), ("b", root), ("c", root)):
        make_unit(code, parent=parent)
    make_unit("a1", parent=Unit.objects.get(code="a"))
    account = make_account("", unit=root)
    make_grant(account, "security_officer", unit=root, starts=START.date(), ends=START.date() + timedelta(days=99))
    return lambda: City(account, clock)


def dice_of(seed: int) -> Callable[[int], int]:
    """Numbers below what is asked for, from one seed that shrinks."""
    left = [seed]

    def throw(below: int) -> int:
        left[0], got = divmod(left[0], below)
        return got

    return throw


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(days=DAYS)
def test_no_act_of_today_alters_a_figure_of_an_earlier_day(city: Any, clock: list[datetime], days: Any) -> None:
    clock[0] = START
    with transaction.atomic():
        run = city()
        for acts in days:
            for name, seed in acts:
                run.act(name, dice_of(seed))
            run.next_day()
        for day, counted in run.figures.items():
            again = run.counted(day)
            assert {key: again[key] for key in counted} == counted, day
        for moment, states in run.states:
            for kind in KINDS:
                assert rows_at(kind, moment) == states[kind], (kind, moment)
        transaction.set_rollback(True)


def test_every_act_of_the_test_is_tried(city: Any, clock: list[datetime]) -> None:
    """A name that is no act, or an act that always refuses, would prove nothing."""
    run = city()
    for name in ("enter_system", "enter_host", "enter_site", *ACTS):
        for seed in range(0, 60, 7):
            run.act(name, dice_of(seed))
    assert {"merge", "move", "stage", "agent_off", "protection_off"} <= set(ACTS)
    assert Unit.objects.exclude(ended=None).exists() and Agent.objects.exclude(retired=None).exists()
    assert Protection.objects.exclude(retired=None).exists()


def test_a_correction_alters_the_days_it_is_about_and_says_why(
    visitor: Any, make_unit: Any, make_account: Any, make_grant: Any, clock: list[datetime]
) -> None:
    """Emptied, an agent ran until today; corrected, a stage was never reached at all."""
    from django.urls import reverse

    unit, day = make_unit(), START.date()
    host = actions.register(
        Host(name="h", zone="govnet", address="10.0.0.1", unit=unit, agent_since=day, registered=day), by=None
    )
    system = System(code="S", name="系统", unit=unit, provisioned=day, ready=day)
    actions.register(system, by=None)
    clock[0] += timedelta(days=5)
    account = make_account("", unit=unit)
    make_grant(account, "unit_contact", unit=unit, starts=day, ends=day + timedelta(days=99))
    client = visitor(account=account)

    def send(thing: Any, kind: str, **changes: str) -> Any:
        url = reverse(f"inventory:{kind}_edit", args=[thing.pk])
        form = client.get(url).context["form"]
        given = {name: form[name].value() or "" for name in form.fields}
        return client.post(url, {name: value for name, value in {**given, **changes}.items() if value != ""})

    def figure(key: str) -> int:
        found = next(one for one in INDICATORS if one.key == key)
        return found.count(day, Scope("inventory.view", ("/",))).value

    assert send(host, "host", agent_since="").status_code == 302 and figure("agent_coverage") == 1
    host.refresh_from_db()
    early = send(system, "system", ready="2026-01-01")
    assert "早于前一阶段" in early.content.decode()
    assert send(system, "system", ready="", mistaken="on").status_code == 200 and figure("golive_ready") == 1
    assert send(system, "system", ready="", mistaken="on", reason="误填").status_code == 302
    assert figure("golive_ready") == 0
