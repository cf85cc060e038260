from __future__ import annotations

from datetime import date
from typing import Any

from qingdun.inventory.models import System
from qingdun.web.models import Import
from tests.inventory.imports.conftest import as_csv

TITLES = (
    "编号",
    "名称",
    "归属单位",
    "等保级别",
    "等级保护级别",
    "下发资源日期",
    "具备上线条件日期",
    "提测日期",
    "停用日期",
)
TITLES = tuple(title for title in TITLES if title != "等保级别")


def system(code: str, name: str, level: str = "", *dates: str) -> tuple[str, ...]:
    given = (*dates, "", "", "", "")[:4]
    return code, name, "city", level, *given


def test_by_code_or_by_name_and_unit(offer: Any, accept: Any, verdicts: Any, reasons: Any, make_system: Any) -> None:
    make_system(code="A-1", name="门户")
    make_system(code="A-2", name="同名")
    make_system(code="A-3", name="同名")
    given = offer(
        as_csv(
            TITLES,
            system("", "门户", "第三级", "2026-03-02"),
            system("A-2", "改名", "", "2026-03-02"),
            system("", "同名", "", "2026-03-02"),
            system("", "没有", "", "2026-03-02"),
            system("B-1", "新的", "２", "2026-03-02", "2026-03-03"),
        ),
        kind="systems",
    )
    assert verdicts(given) == {2: "changed", 3: "changed", 4: "wrong", 5: "wrong", 6: "new"}
    assert "2 个系统" in reasons(given)[4][0][1] and "必须填写编号" in reasons(given)[5][0][1]
    accept(given)
    assert System.objects.get(code="A-1").mlps_level == 3
    fresh = System.objects.get(code="B-1")
    assert (fresh.mlps_level, fresh.ready, fresh.stage) == (2, date(2026, 3, 3), "ready")


def test_stages_come_in_order_and_no_day_lies_ahead(offer: Any, reasons: Any, make_unit: Any) -> None:
    make_unit()
    given = offer(
        as_csv(
            TITLES,
            system("A", "甲", "", "2026-03-02", "2026-03-01"),
            system("B", "乙", "", "2026-03-02", "", "2026-03-04"),
            system("C", "丙", "", "2999-01-01"),
            system("D", "丁", "9", "2026-03-02"),
        ),
        kind="systems",
    )
    assert {row: faults[0][0] for row, faults in reasons(given).items()} == {
        2: "ready",
        3: "submitted",
        4: "provisioned",
        5: "mlps_level",
    }


def test_a_system_with_hosts_in_service_does_not_retire(
    offer: Any, reasons: Any, make_system: Any, make_host: Any
) -> None:
    make_host(system=make_system(code="A-1", name="甲"))
    given = offer(as_csv(TITLES, system("A-1", "甲", "", "2026-03-02", "", "", "2026-04-01")), kind="systems")
    assert reasons(given)[2][0][0] == "retired" and given.state == Import.State.SAME
