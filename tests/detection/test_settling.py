"""The settler: what does not stand is taken back, what is brought to mind is not written, and what is told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from qingdun.detection import settling
from qingdun.detection.core.assets import Assets
from qingdun.detection.core.found import ATTACKS, SIGNALS, Found, Hit, Place, Step
from qingdun.detection.models import Alert, Attack, RuleState
from qingdun.logs.models import Source

pytestmark = pytest.mark.django_db
START = datetime(2022, 7, 12, 9, tzinfo=UTC)
FAILED, BRUTE = "7d0f6a2a-0001-4a6f-8a55-000000000001", "7d0f6a2a-0001-4a6f-8a55-000000000002"
RULES = f"""
title: 登录失败
id: {FAILED}
name: some_login_failed
level: low
logsource: {{product: qingdun}}
detection: {{said: {{message|contains: failed}}, condition: said}}
---
title: 登录爆破
id: {BRUTE}
level: high
correlation:
  type: event_count
  rules: [some_login_failed]
  group-by: [source.ip]
  timespan: 5m
  condition: {{gte: 3}}
"""


@pytest.fixture(autouse=True)
def city(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "content" / "detection" / "rules"
    folder.mkdir(parents=True)
    (folder / "login.yaml").write_text(RULES)
    monkeypatch.setenv("QINGDUN_CONTENT", str(tmp_path / "content"))


@pytest.fixture
def settler() -> settling.Settler:
    made = settling.Settler()
    made.load(None)
    return made


def guesses(*minutes: float) -> Found:
    """Failed log-ins, one a step."""
    steps = []
    for number, minute in enumerate(minutes):
        at = START + timedelta(minutes=minute)
        place = Place("192.0.2.7", "10.0.0.1", 1)
        event = {"source.ip": "192.0.2.7", "@timestamp": at.isoformat()}
        steps.append(Step((FAILED,), event, place, ("b", number, at), at))
    return Found(steps=tuple(steps))


def settle(settler: settling.Settler, found: Found | None, *, again: bool = False) -> list[Any]:
    return settler.settle("b", found, {}, again=again)


def test_what_does_not_stand_is_taken_back(settler: settling.Settler) -> None:
    settle(settler, guesses(0, 1))
    settler.committed()
    settle(settler, guesses(2))
    Alert.objects.all().delete()  # as the transaction's end would
    settler.forget()
    assert settle(settler, guesses(4)), "the third guess"
    assert Alert.objects.get().first == START + timedelta(minutes=4)


def test_without_forgetting_the_same_batch_would_count_twice(settler: settling.Settler) -> None:
    settle(settler, guesses(0))
    settler.forget()
    settle(settler, guesses(0))
    settler.forget()
    assert settle(settler, guesses(0, 1)) == []
    assert not Alert.objects.exists()


def test_what_is_brought_to_mind_is_told_and_not_written(settler: settling.Settler) -> None:
    told = settle(settler, guesses(0, 1, 2), again=True)
    assert [signal.rule for signal in told] == [BRUTE]
    assert not Alert.objects.exists()


def test_memory_outlives_the_process(settler: settling.Settler) -> None:
    settle(settler, guesses(0, 1))
    settler.committed()
    other = settling.Settler()
    other.load(settler.dump())
    assert [signal.level for signal in settle(other, guesses(2))] == [4]


def test_a_broken_memory_starts_anew(settler: settling.Settler) -> None:
    settler.load(b"{")
    assert settle(settler, guesses(0)) == []


def test_a_batch_nobody_could_look_at_is_nothing(settler: settling.Settler) -> None:
    assert settle(settler, None) == []


def test_devices_words_are_signals_and_attacks(settler: settling.Settler, make_unit: Callable[..., Any]) -> None:
    unit = make_unit()
    device = Source.objects.create(name="防火墙", via="syslog", address="192.0.2.1", unit=unit)
    attacks = pl.DataFrame(
        [(START, "192.0.2.7", "10.0.0.1", "scanner", "blocked", device.pk, None, 999, 999, 4, START, START, 3)],
        schema=ATTACKS,
        orient="row",
    )
    signals = pl.DataFrame(
        [("192.0.2.7", device.pk, "scanner", "blocked", 3, 4, START, START, "10.0.0.1", ["b"], [0], [START])],
        schema=SIGNALS,
        orient="row",
    )
    for _batch in range(2):
        (signal,) = settle(settler, Found(attacks=attacks, signals=signals))
    assert (signal.source, signal.hits, signal.rule, signal.evidence) == ("192.0.2.7", 4, "", (("b", 0, START),))
    attack = Attack.objects.get()
    assert (attack.hits, attack.unit, attack.system) == (8, unit, None), "the device's unit answers where nobody does"


def test_a_rule_that_took_too_long_is_written_down_at_once(settler: settling.Settler) -> None:
    settle(settler, Found(seconds={FAILED: 2.5}, resting={FAILED: 2.5}))
    state = RuleState.objects.get(rule=FAILED)
    assert (state.seconds, state.took) == (2.5, 2.5)
    assert state.rested is not None


def test_alerts_take_the_unit_of_the_device_where_nobody_answers(
    settler: settling.Settler, make_unit: Callable[..., Any]
) -> None:
    unit = make_unit()
    device = Source.objects.create(name="主机", via="syslog", address="192.0.2.1", unit=unit)
    hit = Hit(FAILED, Place("192.0.2.7", "10.0.0.1", device.pk), 1, START, START, START, (("b", 0, START),))
    settle(settler, Found(hits=(hit,)))
    assert Alert.objects.get().unit == unit


def test_published_is_the_register_and_what_holds_for_rules(tmp_path: Path, make_unit: Callable[..., Any]) -> None:
    folder = tmp_path / "material"
    folder.mkdir()
    material = settling.publish(folder)
    assert {"assets", "switches", "suppressions"} <= set(material)
    assert settling.publish(folder) == material, "nothing has changed"
    assert Assets.load(material["assets"].read_bytes()) == Assets()
