from __future__ import annotations

from datetime import UTC, datetime, timedelta

from qingdun.operations.core.guards import Target
from qingdun.operations.core.overlap import Extent
from qingdun.operations.core.placing import Entry, Held, State, compare, pause, plan

NOW = datetime(2026, 7, 1, tzinfo=UTC)
DAY = NOW + timedelta(days=1)


def entry(number: int, text: str, *, until: datetime | None = DAY, danger: int = 0) -> Entry:
    target = Target.parse(text)
    extent = Extent(number, target.text, target.first, target.last, "inbound", until)
    return Entry(extent, NOW + timedelta(seconds=number), danger)


ONE, TWO = entry(1, "198.51.100.1"), entry(2, "198.51.100.2")


def test_what_is_in_place_is_not_told_again() -> None:
    made = plan([ONE, TWO], [Held(ONE, State.PLACED, DAY)], capacity=9, now=NOW)
    assert (made.add, made.remove, made.whole) == ((TWO,), (), (TWO, ONE))


def test_another_end_is_told_again() -> None:
    made = plan([ONE], [Held(ONE, State.PLACED, NOW)], capacity=9, now=NOW)
    assert made.add == made.again == (ONE,)


def test_what_is_over_is_taken_off_unless_the_device_forgets() -> None:
    held = [Held(ONE, State.PLACED, NOW)]
    assert plan([], held, capacity=9, now=NOW).remove == (ONE,)
    forgetting = plan([], held, capacity=9, now=NOW, forgets=True)
    assert (forgetting.remove, forgetting.marks[1].state) == ((), State.GONE)


def test_while_stopped_nothing_new_goes_out_but_removals_do() -> None:
    made = plan([TWO], [Held(ONE, State.PLACED, DAY)], capacity=9, now=NOW, stopped=True)
    assert (made.add, made.remove, made.whole) == ((), (ONE,), ())
    assert made.marks[2].state == State.PENDING


def test_beyond_capacity_the_least_dangerous_and_oldest_is_left_out_and_said() -> None:
    worst = entry(3, "198.51.100.3", danger=5)
    made = plan([ONE, TWO, worst], [], capacity=2, now=NOW)
    assert made.whole == (worst, TWO)
    assert (made.left_out, made.marks[1].state) == (1, State.LEFT_OUT)


def test_a_device_is_given_the_network_and_the_inner_one_when_that_ends() -> None:
    net = entry(9, "198.51.100.0/24")
    held = [Held(ONE, State.PLACED, DAY)]
    made = plan([net, ONE], held, capacity=9, now=NOW)
    assert (made.add, made.remove) == ((net,), (ONE,))
    assert made.marks[1].state == State.COVERED
    later = plan([ONE], [Held(net, State.PLACED, DAY), Held(ONE, State.COVERED)], capacity=9, now=NOW)
    assert (later.add, later.remove) == ((ONE,), (net,))


def test_what_a_device_refused_is_not_pressed_on_it() -> None:
    assert plan([ONE], [Held(ONE, State.REFUSED)], capacity=9, now=NOW).is_idle


def test_entries_of_others_are_counted_and_left_alone() -> None:
    found = compare(["198.51.100.1", "203.0.113.5", "203.0.113.6"], [ONE, TWO], ["203.0.113.6"], exclusive=False)
    assert (found.missing, found.extra, found.foreign) == ((TWO,), ("203.0.113.6",), 1)
    assert compare(["203.0.113.5"], [], [], exclusive=True).extra == ("203.0.113.5",)


def test_pauses_grow_to_a_minute() -> None:
    assert [pause(n).total_seconds() for n in (1, 2, 3, 50)] == [1, 2, 4, 60]
