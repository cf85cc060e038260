"""What a list exports can be imported again, as a workbook and as CSV, and then changes nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from qingdun.inventory.models import Host
from qingdun.web.imports.reading import read
from qingdun.web.imports.register import registers
from qingdun.web.models import Import
from tests.inventory.conftest import DAY

KINDS = ("units", "systems", "hosts", "sites", "devices")


@pytest.fixture
def register(make_unit: Any, make_system: Any, make_host: Any, make_site: Any, make_device: Any) -> None:
    """Some of everything, with texts that a spreadsheet would like to run."""
    below = make_unit("below", parent=make_unit("above", parent=make_unit()), name="=单位()")
    system = make_system(
        unit=below,
        name="-系统",
        description="第一行\n第二行",
        mlps_level=3,
        internet_since=DAY,
        ready=DAY,
        url="https://a.cn/",
    )
    make_system(retired=DAY)
    make_host(name="=HYPERLINK(1)", unit=below, system=system, further=["203.0.113.7", "2001:db8::7"], agent_since=DAY)
    make_host(name="+加号", operating_system="@系统  两个空格", retired=DAY)
    seen = make_host(agent_since=DAY)
    Host.objects.filter(pk=seen.pk).update(agent_last_seen=datetime(2026, 3, 5, 1, 2, 3, 999_999, UTC))
    make_site(system=system, waf_since=DAY)
    make_site(retired=DAY)
    make_device(unit=below, vendor="<甲&乙>", rules_date=DAY)
    make_device(retired=DAY)


@pytest.mark.parametrize("form", ["xlsx", "csv"])
@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("kind", KINDS)
def test_an_exported_list_comes_back_unchanged(
    offer: Any, visitor: Any, register: None, make_unit: Any, kind: str, form: str, language: str
) -> None:
    client = visitor("security_officer", unit=make_unit())
    response = client.post(f"/assets/{kind}/", {"act": "export", "form": form}, headers={"Accept-Language": language})
    content = b"".join(response.streaming_content)
    given = offer(content, kind=kind)
    assert (given.state, given.problem) == (Import.State.SAME, ""), given.counts
    assert given.counts["unchanged"] == given.counts["read"] > 1


def test_a_template_is_readable_and_says_what_may_be_chosen(visitor: Any, make_unit: Any) -> None:
    client = visitor("security_officer", unit=make_unit())
    for kind in KINDS:
        for form in ("", "?form=csv"):
            response = client.get(f"/assets/imports/{kind}/template{form}")
            assert response.status_code == 200 and "attachment" in response["Content-Disposition"]
            with pytest.raises(ValueError, match="没有数据行"):
                read(response.content, registers()[f"inventory.{kind}"].titles)


def test_wrong_rows_come_back_with_their_reasons_and_can_be_offered_again(
    offer: Any, accept: Any, visitor: Any, importer: Any
) -> None:
    from tests.inventory.imports.conftest import as_csv

    titles = ("名称", "网络区域", "主地址", "归属单位")
    given = offer(as_csv(titles, ("a", "火星", "10.0.0.1", "city"), ("b", "管理区", "10.0.0.2", "city")))
    content = visitor(account=importer).get(f"/assets/imports/{given.pk}/wrong").content
    told = read(content, {"原行号": "row_before", "原因": "why", "名称": "name"})
    assert told.rows == 1
    again = offer(content)
    assert again.counts["wrong"] == again.counts["read"] == 1 and again.notes["ignored"] == ["原行号", "原因"]
