from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from ipaddress import ip_network
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from qingdun.detection.core.signals import Signal
from qingdun.operations import actions, policyfiles, settling
from qingdun.operations.core.guards import Target
from qingdun.operations.core.policy import Policy
from qingdun.operations.models import Block, Protected, Revision

pytestmark = pytest.mark.django_db
State = Block.State


def policy(key: str = "test", **more: Any) -> Policy:
    given = {
        "name": "试行",
        "english": "Trial",
        "note": "",
        "note_en": "",
        "mode": "block",
        "attacks": frozenset(),
        "actions": frozenset(),
        "rules": frozenset(),
        "said": "",
        "level": 0,
        "hits": 1,
        "devices": 1,
        "minutes": 10,
        "term": 1440,
        **more,
    }
    return Policy(key=key, **given)


@pytest.fixture
def policies(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    def use(*some: Policy) -> None:
        monkeypatch.setattr(policyfiles, "policies", lambda: {one.key: one for one in some})

    use(policy())
    return use


def signal(source: str = "198.51.100.7", at: datetime | None = None, **more: Any) -> Signal:
    at = at or timezone.now()
    given = {"device": 1, "attack": "sql_injection", "action": "blocked", "level": 3, "hits": 1, **more}
    return Signal(source=source, first=at, last=at, **given)


def settle(settler: settling.Settler, *signals: Signal, again: bool = False) -> list[Block]:
    made = settler.settle("batch", None, {"detection": list(signals)}, again=again)
    settler.committed()
    return made


def test_a_decision_stands_at_once_and_devices_are_woken(policies: Any) -> None:
    before = Revision.current()
    (row,) = settle(settling.Settler(), signal())
    assert (row.state, row.origin, row.policy) == (State.STANDING, "policy", "test")
    assert Revision.current() > before
    assert Block.objects.in_force(timezone.now() + timedelta(seconds=1)).get() == row


def test_a_protected_source_is_a_conflict_with_the_rule_named_and_told_once(policies: Any, officer: Any) -> None:
    actions.protect("198.51.100.0/28", "exit", "政府出口", by=officer)
    (row,) = settle(settling.Settler(), signal())
    assert row.state == State.CONFLICT
    assert "政府出口" in row.ended_why
    assert settle(settling.Settler(), signal()) == []


def test_while_stopped_policies_only_propose(policies: Any, officer: Any) -> None:
    actions.stop(by=officer, reason="误封")
    (row,) = settle(settling.Settler(), signal())
    assert row.state == State.PROPOSED


def test_a_policy_under_trial_blocks_nothing(policies: Any, officer: Any) -> None:
    actions.set_mode("test", "dry", by=officer, reason="试行")
    (row,) = settle(settling.Settler(), signal())
    assert row.state == State.DRY
    assert not Block.objects.live().exists()


def test_a_changed_policy_file_is_followed_and_what_was_counted_is_kept(policies: Any) -> None:
    settler = settling.Settler()
    policies(policy(hits=2))
    assert settle(settler, signal()) == []
    policies(policy(hits=2, term=2880))
    (row,) = settle(settler, signal())
    assert row.valid_until - row.valid_from == timedelta(days=2)


def test_what_is_over_by_the_events_time_is_recorded_and_never_delivered(policies: Any) -> None:
    then = timezone.now() - timedelta(days=40)
    (row,) = settle(settling.Settler(), signal(at=then))
    assert (row.state, row.decided, row.valid_until) == (State.EXPIRED, then, then + timedelta(days=1))
    assert row.ended == row.valid_until


def test_each_repeat_within_memory_doubles_the_term(policies: Any) -> None:
    start = timezone.now() - timedelta(days=40)
    settler = settling.Settler()
    terms = [settle(settler, signal(at=start + timedelta(days=days)))[0] for days in (0, 3, 9)]
    assert [(one.valid_until - one.valid_from).days for one in terms] == [1, 2, 4]
    assert [one.offence for one in terms] == [1, 2, 3]


def test_while_it_is_blocked_there_is_no_second(policies: Any) -> None:
    settler = settling.Settler()
    settle(settler, signal())
    assert settle(settling.Settler(), signal()) == []  # another process, without the memory of the first
    assert settle(settler, signal()) == []
    assert Block.objects.count() == 1


def test_a_clock_that_runs_ahead_blocks_for_no_longer(policies: Any) -> None:
    (row,) = settle(settling.Settler(), signal(at=timezone.now() + timedelta(days=300)))
    assert row.valid_until < timezone.now() + timedelta(days=1, minutes=1)


def test_beyond_the_rate_they_are_proposed_and_an_officer_is_told(
    policies: Any, officer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from qingdun.notify.models import Message

    monkeypatch.setenv("QINGDUN_BLOCK_RATE", "2")
    rows = settle(settling.Settler(), *(signal(f"198.51.100.{n}") for n in range(1, 5)))
    assert [one.state for one in rows] == [State.STANDING, State.STANDING, State.PROPOSED, State.PROPOSED]
    assert Message.objects.filter(account=officer, kind="operations.rate").count() == 1


def test_a_policy_that_blocks_raises_the_proposal_of_another(policies: Any) -> None:
    policies(policy("first", mode="propose"), policy("second", hits=3))
    settler = settling.Settler()
    (proposed,) = settle(settler, signal())
    (raised,) = settle(settler, signal(hits=5))
    assert (raised.pk, raised.state, raised.policy) == (proposed.pk, State.STANDING, "second")


def test_a_lost_transaction_is_counted_once(policies: Any) -> None:
    policies(policy(hits=2))
    settler = settling.Settler()
    settler.settle("a", None, {"detection": [signal()]}, again=False)
    settler.forget()
    assert settle(settler, signal()) == []
    assert len(settle(settler, signal())) == 1


def test_a_restart_in_the_middle_of_a_window_changes_nothing(policies: Any) -> None:
    policies(policy(hits=3))
    first = settling.Settler()
    settle(first, signal())
    held = first.dump()
    settle(first, signal())  # committed, but not dumped any more
    second = settling.Settler()
    second.load(held)
    assert settle(second, signal(), again=True) == []
    assert len(settle(second, signal())) == 1


SOURCES = st.builds(lambda n: f"198.51.100.{n}", st.integers(0, 40)) | st.builds(
    lambda n: f"2001:db8::{n:x}", st.integers(0, 20)
)
RANGES = st.builds(
    lambda n, width: str(ip_network(f"198.51.100.{n}/{width}", strict=False)),
    st.integers(0, 40),
    st.integers(26, 32),
) | st.builds(
    lambda n, width: str(ip_network(f"2001:db8::{n:x}/{width}", strict=False)),
    st.integers(0, 20),
    st.integers(120, 128),
)
POLICIES = st.lists(
    st.fixed_dictionaries(
        {
            "mode": st.sampled_from(["block", "block", "propose", "dry", "off"]),
            "hits": st.integers(1, 3),
            "minutes": st.integers(1, 60),
            "term": st.sampled_from([1, 1440, 43200]),
            "direction": st.sampled_from(["inbound", "outbound", "both"]),
        }
    ),
    min_size=1,
    max_size=3,
)
SIGNALS = st.lists(st.tuples(SOURCES, st.integers(-3000, 10), st.integers(1, 4)), min_size=1, max_size=15)


@pytest.fixture
def clean(policies: Any) -> Iterator[Callable[[], None]]:
    def empty() -> None:
        Block.objects.all().delete()
        Protected.objects.all().delete()

    yield empty


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    max_examples=30,
    phases=[Phase.explicit, Phase.generate],
)
@given(made=POLICIES, batches=st.lists(SIGNALS, min_size=1, max_size=3), protected=st.lists(RANGES, max_size=4))
def test_a_protected_address_is_never_blocked_whatever_the_policy(
    made: list[dict[str, Any]],
    batches: list[list[tuple[str, int, int]]],
    protected: list[str],
    policies: Any,
    clean: Callable[[], None],
) -> None:
    """Random policies, signals and protected ranges through the real settling code and the real plan of a device."""
    from qingdun.operations.delivery import ledger
    from qingdun.operations.models import Enforcer

    clean()
    device, _new = Enforcer.objects.get_or_create(name="边界", kind="nftables", defaults={"directions": "both"})
    ranges = [Target.parse(text) for text in dict.fromkeys(protected)]
    for one in ranges:
        Protected.objects.create(address=one.text, first_key=one.first, last_key=one.last, kind="own", reason="自有")
    policies(*(policy(f"p{number}", **more) for number, more in enumerate(made)))
    settler, now = settling.Settler(), timezone.now()
    for batch in batches:
        settle(settler, *(signal(source, now + timedelta(minutes=at), hits=hits) for source, at, hits in batch))
    never = (State.STANDING, State.PROPOSED, State.WAITING, State.DRY, State.EXPIRED)
    for row in Block.objects.filter(state__in=never):
        assert not any(one.first <= row.last_key and row.first_key <= one.last for one in ranges)
    plan = ledger.situation(device, timezone.now(), forgets=True)
    assert all(one.last < entry.extent.first or entry.extent.last < one.first for one in ranges for entry in plan.whole)
    standing = Block.objects.filter(state=State.STANDING).values_list("address", "direction")
    assert len(set(standing)) == len(standing)


def test_in_a_replayed_month_a_policy_that_blocks_overtakes_a_proposal_nobody_saw(policies: Any) -> None:
    """As it would have then, when the proposal still stood."""
    policies(policy("few", mode="propose"), policy("many", hits=5))
    july = datetime(2022, 7, 12, 8, tzinfo=timezone.get_current_timezone())
    settler = settling.Settler()
    (proposed,) = settle(settler, signal(at=july))
    (blocked,) = settle(settler, signal(at=july + timedelta(minutes=1), hits=5))
    assert (proposed.state, proposed.policy) == (State.LAPSED, "few")
    assert (blocked.state, blocked.policy) == (State.EXPIRED, "many")
