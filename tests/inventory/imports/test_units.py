from __future__ import annotations

from typing import Any

from qingdun.access.models import Unit
from qingdun.web.models import Import
from tests.inventory.imports.conftest import as_csv

TITLES = ("代码", "名称", "简称", "层级", "上级单位")
State = Import.State


def unit(code: str, parent: str, name: str = "") -> tuple[str, ...]:
    return code, name or f"单位{code}", "", "市级", parent


def test_a_whole_branch_comes_in_whatever_its_order(offer: Any, accept: Any, make_unit: Any) -> None:
    make_unit()
    content = as_csv(TITLES, unit("leaf", "twig"), unit("twig", "branch"), unit("branch", "city"))
    done = accept(offer(content, kind="units"))
    assert (done.state, done.result["new"]) == (State.DONE, 3)
    assert Unit.objects.get(code="leaf").path == "/city/branch/twig/leaf/"
    assert offer(content, kind="units").state == State.SAME


def test_units_above_each_other_are_refused_with_the_round_named(offer: Any, make_unit: Any) -> None:
    make_unit()
    make_unit("d", parent=make_unit())
    content = as_csv(TITLES, unit("good", "city"), unit("a", "b"), unit("b", "c"), unit("c", "a"))
    given = offer(content, kind="units")
    assert (given.state, given.counts) == (State.REFUSED, {})
    assert "a → b → c → a" in given.problem and "第 3、4、5 行" in given.problem
    assert not Unit.objects.filter(code="good").exists()
    itself = offer(as_csv(TITLES, unit("d", "d")), kind="units")
    assert "d → d" in itself.problem


def test_a_round_that_closes_through_what_stands_is_seen(offer: Any, make_unit: Any) -> None:
    above = make_unit("above", parent=make_unit())
    make_unit("below", parent=above)
    given = offer(as_csv(TITLES, unit("above", "below", above.name)), kind="units")
    assert given.state == State.REFUSED and "above → below → above" in given.problem


def test_what_hangs_below_a_wrong_row_is_wrong_too(
    offer: Any, accept: Any, verdicts: Any, reasons: Any, make_unit: Any
) -> None:
    make_unit()
    rows = (
        unit("bad", "city")[:3] + ("星级", "city"),
        unit("child", "bad"),
        unit("orphan", "nowhere"),
        unit("ok", "city"),
    )
    given = offer(as_csv(TITLES, *rows), kind="units")
    assert verdicts(given) == {2: "wrong", 3: "wrong", 4: "wrong", 5: "new"}
    assert reasons(given)[3] == [["parent", "上级单位所在的第 2 行有误"]]
    assert accept(given).result["new"] == 1


def test_a_contact_enters_units_below_his_own_only(
    offer: Any, verdicts: Any, make_unit: Any, make_account: Any
) -> None:
    here, there = (make_unit(code, parent=make_unit()) for code in ("here", "there"))
    rows = (unit("x", "here"), unit("y", "there"), unit("here", "city", here.name), unit("there", "city", "改名"))
    given = offer(as_csv(TITLES, *rows), kind="units", by=make_account("unit_contact", unit=here))
    assert verdicts(given) == {2: "new", 3: "wrong", 4: "unchanged", 5: "wrong"}
    assert there.name == Unit.objects.get(code="there").name
