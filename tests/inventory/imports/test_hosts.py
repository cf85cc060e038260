from __future__ import annotations

import io
import json
from datetime import date
from typing import Any

import pytest
import xlsxwriter
from django.test.utils import CaptureQueriesContext

from qingdun.audit.models import Entry
from qingdun.inventory.models import Host
from qingdun.web.models import Import
from tests.inventory.conftest import DAY

TITLES = ("名称", "网络区域", "主地址", "其他地址", "归属单位", "登记日期", "安全代理安装日")
State = Import.State


def table(*rows: tuple[object, ...], titles: tuple[str, ...] = TITLES) -> bytes:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out)
    sheet = book.add_worksheet()
    for number, row in enumerate((titles, *rows)):
        sheet.write_row(number, 0, row)
    book.close()
    return out.getvalue()


def host(name: str, address: str, unit: str = "city", **more: str) -> tuple[object, ...]:
    given = {"zone": "政务外网区", "further": "", "registered": "2026-03-02", "agent": "", **more}
    return name, given["zone"], address, given["further"], unit, given["registered"], given["agent"]


def test_new_changed_unchanged_and_wrong_are_told_apart_and_only_good_rows_come_in(
    offer: Any, make_host: Any, make_unit: Any, accept: Any, verdicts: Any, reasons: Any
) -> None:
    make_unit()
    make_host(name="same", address="10.1.0.1")
    make_host(name="old", address="10.1.0.2")
    given = offer(
        table(
            host("same", "10.1.0.1"),
            host("fresh", "１０.1.0.3", agent="2026年3月5日"),
            host("renamed", "10.1.0.2"),
            host("bad", "10.1.0.999"),
            host("", "10.1.0.4"),
        )
    )
    assert verdicts(given) == {2: "unchanged", 3: "new", 4: "changed", 5: "wrong", 6: "wrong"}
    assert given.counts == {"read": 5, "new": 1, "changed": 1, "unchanged": 1, "wrong": 2}
    assert reasons(given) == {5: [["address", "“10.1.0.999”不是 IP 地址"]], 6: [["name", "不能为空"]]}
    assert Host.objects.count() == 2
    done = accept(given)
    assert (done.state, done.result["new"], done.result["changed"], done.result["wrong"]) == (State.DONE, 1, 1, 0)
    fresh = Host.objects.at("10.1.0.3").get()
    assert (fresh.name, fresh.agent_since, fresh.registered) == ("fresh", date(2026, 3, 5), date(2026, 3, 2))
    assert Host.objects.get(address="10.1.0.2").name == "renamed"


def test_the_same_file_again_writes_nothing_and_says_so(offer: Any, make_unit: Any, accept: Any) -> None:
    make_unit()
    content = table(*(host(f"h{n}", f"10.1.0.{n}", further=f"203.0.113.{n}") for n in range(1, 9)))
    accept(offer(content))
    before, rows = Entry.objects.count(), list(Host.objects.order_by("pk").values())
    again = offer(content)
    assert (again.state, again.counts["unchanged"]) == (State.SAME, 8)
    assert list(Host.objects.order_by("pk").values()) == rows
    entry = Entry.objects.latest("sequence")
    assert (Entry.objects.count() - before, entry.action) == (1, "web.import")
    assert "没有改动" in entry.reason


def test_every_row_written_is_on_the_chain_and_the_import_closes_it(
    offer: Any, make_host: Any, make_unit: Any, accept: Any
) -> None:
    make_unit()
    make_host(name="old", address="10.1.0.2")
    before = Entry.objects.count()
    accept(offer(table(host("fresh", "10.1.0.1"), host("renamed", "10.1.0.2"))))
    first, second, last = Entry.objects.filter(sequence__gt=before).exclude(subject_type="").order_by("sequence")
    assert (first.subject, second.subject) == ("fresh", "renamed")
    assert json.loads(second.changes) == {"name": ["old", "renamed"]}
    assert json.loads(first.changes)["unit"] == [None, "云河市"]
    assert (last.action, json.loads(last.changes)["new"]) == ("web.import", [None, 1])


def test_only_the_chosen_class_is_written(offer: Any, make_host: Any, make_unit: Any, accept: Any) -> None:
    make_unit()
    make_host(name="old", address="10.1.0.2")
    accept(offer(table(host("fresh", "10.1.0.1"), host("renamed", "10.1.0.2"))), "new")
    assert set(Host.objects.values_list("name", flat=True)) == {"old", "fresh"}


def test_a_row_changed_by_another_after_the_preview_is_left_out_and_named(
    offer: Any, make_host: Any, make_unit: Any, accept: Any
) -> None:
    make_unit()
    old = make_host(name="old", address="10.1.0.2")
    given = offer(table(host("fresh", "10.1.0.1"), host("renamed", "10.1.0.2")))
    make_host(name="quicker", address="10.1.0.1")
    Host.objects.filter(pk=old.pk).update(name="meanwhile")
    done = accept(given)
    assert set(Host.objects.values_list("name", flat=True)) == {"quicker", "meanwhile"}
    assert done.result["wrong"] == 2 and "预览之后" in done.result["problems"][0][2][0][1]


def test_the_rows_of_another_unit_are_wrong_whether_it_exists_or_not(
    offer: Any, make_unit: Any, make_account: Any, make_host: Any, verdicts: Any, reasons: Any
) -> None:
    here, there = (make_unit(code, parent=make_unit()) for code in ("here", "there"))
    make_host(name="secret", address="10.1.0.9", unit=there, further=["203.0.113.9"])
    given = offer(
        table(
            host("mine", "10.1.0.1", "here"),
            host("a", "10.1.0.2", "there"),
            host("a", "10.1.0.3", "nowhere"),
            host("mine", "10.1.0.9", "here"),
            host("mine", "10.1.0.4", "here", further="203.0.113.9"),
        ),
        by=make_account("unit_contact", unit=here),
    )
    assert verdicts(given) == {2: "new", 3: "wrong", 4: "wrong", 5: "wrong", 6: "wrong"}
    (_, of_there), (_, of_nowhere) = reasons(given)[3][0], reasons(given)[4][0]
    assert of_there.replace("there", "nowhere") == of_nowhere
    assert "secret" not in json.dumps(reasons(given), ensure_ascii=False)


def test_two_rows_with_one_address_name_each_other(offer: Any, make_unit: Any, verdicts: Any, reasons: Any) -> None:
    make_unit()
    given = offer(
        table(
            host("a", "10.1.0.1"),
            host("b", "10.1.0.1"),
            host("c", "10.1.0.3", further="10.1.0.4"),
            host("d", "10.1.0.4"),
            host("e", "10.1.0.1", zone="管理区"),
        )
    )
    assert verdicts(given) == {2: "wrong", 3: "wrong", 4: "wrong", 5: "wrong", 6: "new"}
    assert reasons(given)[2] == [["address", "与第 3 行重复"]] and reasons(given)[3] == [["address", "与第 2 行重复"]]
    assert reasons(given)[4] == [["further", "与第 5 行重复"]]


def test_a_column_that_is_missing_is_left_alone_and_an_empty_cell_empties(
    offer: Any, make_host: Any, accept: Any
) -> None:
    make_host(name="kept", address="10.1.0.1", operating_system="麒麟", agent_since=DAY)
    given = offer(
        table(("政务外网区", "10.1.0.1", ""), titles=("网络区域", "主地址", "安全代理安装日")),
    )
    accept(given)
    only = Host.objects.get()
    assert (only.name, only.operating_system, only.agent_since) == ("kept", "麒麟", None)


def test_a_day_of_retirement_retires_and_a_retired_row_does_not_change(
    offer: Any, make_host: Any, accept: Any, reasons: Any
) -> None:
    make_host(name="going", address="10.1.0.1")
    titles = ("名称", "网络区域", "主地址", "归属单位", "停用日期")
    row = ("going", "govnet", "10.1.0.1", "city", "2026-04-01")
    accept(offer(table(row, titles=titles)))
    gone = Host.objects.get()
    assert (gone.retired, gone.address_rows.count()) == (date(2026, 4, 1), 0)
    assert offer(table(row, titles=titles)).state == State.SAME
    changed = offer(table(("other", *row[1:]), titles=titles))
    assert reasons(changed)[2] == [["", "已停用的记录不再修改"]]


def test_a_grant_that_ended_since_stops_the_acceptance(offer: Any, importer: Any, make_unit: Any, accept: Any) -> None:
    from django.core.exceptions import PermissionDenied

    given = offer(table(host("a", "10.1.0.1")))
    importer.grants.all().delete()
    with pytest.raises(PermissionDenied):
        accept(given)
    assert not Host.objects.exists()


def test_a_chunk_costs_a_fixed_number_of_queries(offer: Any, importer: Any, make_unit: Any, accept: Any) -> None:
    from django.db import connection

    make_unit()

    def cost(rows: int) -> tuple[int, int]:
        content = table(*(host(f"h{n}", f"10.{rows % 250}.{n // 250}.{n % 250}") for n in range(rows)))
        with CaptureQueriesContext(connection) as read:
            given = offer(content)
        with CaptureQueriesContext(connection) as written:
            accept(given)
        return len(read), len(written)

    few, many = cost(5), cost(300)
    assert many[0] <= few[0]
    assert many[1] - few[1] < 30  # batches of one chunk, never a query for a row
