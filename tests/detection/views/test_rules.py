"""The rules pages: what is listed, what one says, what may be changed; and the bench."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from qingdun.audit.models import Entry
from qingdun.detection import book
from qingdun.detection.actions import rules as actions
from qingdun.detection.models import RuleState, RuleSwitch

pytestmark = pytest.mark.django_db
SSH = "<86>Jul 12 08:58:21 web01 sshd[3310]: Failed password for root from 198.51.100.120 port 16220 ssh2"
CITY = (
    "title: 本市<规则>\nid: city-rule-1\nlogsource: {product: qingdun}\nlevel: high\n"
    "detection:\n  s: {source.ip|startswith: 198.51.}\n  condition: s\n"
)


@pytest.fixture(autouse=True)
def city(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("QINGDUN_CONTENT", str(tmp_path))
    yield


@pytest.fixture
def officer(make_account: Any, make_unit: Any) -> Any:
    return make_account("security_officer", unit=make_unit())


def own() -> str:
    return next(one.id for one in book.book().values() if one.kind == "correlation")


def test_the_list_shows_rules_with_their_state_and_finds_them(visitor: Any, officer: Any) -> None:
    actions.save_rule(CITY, by=officer, reason="试")
    actions.switch_off(own(), by=officer, reason="误报")
    client = visitor(account=officer)
    page = client.get("/detection/rules/").content.decode()
    assert "本市&lt;规则&gt;" in page and "已停用" in page
    only = client.get("/detection/rules/?own=city").content.decode()
    assert "本市&lt;规则&gt;" in only and own() not in only
    assert own() in client.get("/detection/rules/?state=off").content.decode()
    assert "没有符合条件的规则" in client.get("/detection/rules/?q=nonsense").content.decode()


def test_a_refused_file_is_listed_with_its_reason(visitor: Any, officer: Any) -> None:
    book.city().mkdir(parents=True)
    (book.city() / "broken.yml").write_text("title: x\ndetection: 3\n")
    page = visitor(account=officer).get("/detection/rules/?tab=refused").content.decode()
    assert "broken.yml" in page


def test_a_rule_is_switched_off_until_a_day_and_on_again(visitor: Any, officer: Any) -> None:
    client, until = visitor(account=officer), (timezone.localdate() + timedelta(days=3)).isoformat()
    address = f"/detection/rules/{own()}/change"
    client.post(address, {"act": "off", "reason": "", "until": until})
    assert not RuleSwitch.objects.exists()
    client.post(address, {"act": "off", "reason": "误报太多", "until": until})
    client.post(address, {"act": "off", "reason": "再来一次"})
    switch = RuleSwitch.objects.get()
    assert switch.until is not None and timezone.localtime(switch.until).date().isoformat() == until
    assert "误报太多" in client.get(f"/detection/rules/{own()}/").content.decode()
    client.post(address, {"act": "on", "reason": "已调整"})
    assert RuleSwitch.objects.off() == frozenset()
    assert sorted(Entry.objects.filter(action=actions.TUNE).values_list("reason", flat=True)) == sorted(
        ["误报太多", "已调整"]
    )
    actions.switch_off(own(), by=officer, reason="第二次")
    assert RuleSwitch.objects.count() == 2


def test_a_term_that_is_over_leaves_room_for_the_next(officer: Any) -> None:
    past = timezone.now() - timedelta(days=2)
    RuleSwitch.objects.create(rule=own(), reason="x", by=officer, since=past, until=past + timedelta(days=1))
    actions.switch_off(own(), by=officer, reason="再停")
    assert RuleSwitch.objects.count() == 2
    actions.switch_on(own(), by=officer, reason="恢复")
    with pytest.raises(ValidationError, match="将来"):
        actions.switch_off(own(), by=officer, reason="x", until=past)


def test_a_quarantined_rule_is_woken(officer: Any) -> None:
    RuleState.objects.account({}, {own(): 3.0}, datetime(2026, 3, 2, tzinfo=UTC))
    actions.wake(own(), by=officer, reason="已改写")
    assert own() in RuleState.objects.woken()
    with pytest.raises(ValidationError, match="没有被隔离"):
        actions.wake(own(), by=officer, reason="再来")


def test_a_pasted_rule_is_kept_whole_or_refused_whole(visitor: Any, officer: Any) -> None:
    client = visitor(account=officer)
    for text, reason in (
        ("title: x\n", "detection"),
        (CITY.replace("startswith", "nosuch"), "nosuch"),
        (CITY.replace("id: city-rule-1\n", ""), "id"),
        ("a: [", "YAML"),
        (CITY + "qingdun: {attack: nosuch}\n", "没有攻击类别"),
        (CITY + "qingdun: {nexxt: 看日志}\n", "qingdun"),
        (CITY + "---\n" + CITY, "两次"),
        (CITY + "---\ntitle: y\nid: y\nlogsource: {product: x}\ndetection: {s: {a|re: '(?=a)'}, condition: s}\n", "a"),
    ):
        page = client.post("/detection/rules/new", {"text": text, "reason": "试", "act": "save"})
        assert page.status_code == 200 and reason in page.content.decode()
    assert not book.city().exists()
    client.post("/detection/rules/new", {"text": CITY, "reason": "试", "act": "check"})
    assert not book.city().exists()
    saved = client.post("/detection/rules/new", {"text": CITY, "reason": "试", "act": "save"})
    assert saved.url == "/detection/rules/city-rule-1/"
    again = client.post("/detection/rules/new", {"text": CITY, "reason": "试", "act": "save"}).content.decode()
    assert "已有规则" in again
    client.post("/detection/rules/city-rule-1/change", {"act": "remove", "reason": "不要了"})
    assert "city-rule-1" not in book.book()
    with pytest.raises(ValidationError, match="不能在这里删除"):
        actions.remove_rule(own(), by=officer, reason="x")


def test_only_a_grant_over_the_whole_city_tunes(visitor: Any, make_unit: Any) -> None:
    below = make_unit("below", parent=make_unit())
    client = visitor("security_officer", unit=below)
    assert client.post(f"/detection/rules/{own()}/change", {"act": "off", "reason": "x"}).status_code == 403
    assert client.get("/detection/rules/new").status_code == 403
    assert client.get("/detection/rules/").status_code == 200


# --- the bench ------------------------------------------------------------------------------------------------------


def test_lines_are_read_matched_and_explained(visitor: Any, officer: Any) -> None:
    client = visitor(account=officer)
    given = {"lines": f"{SSH}\nnonsense", "which": "pasted", "text": CITY}
    page = client.post("/detection/bench/", given).content.decode()
    assert "命中 1 条规则" in page and "没有规则命中" in page
    assert "198.51.100.120" in page and "为什么命中或没有命中" in page and "成立" in page
    assert not book.city().exists()
    one = client.post("/detection/bench/", {"lines": SSH, "which": "book", "rule": own()}).content.decode()
    assert "引用的规则没有载入" not in one
    assert "读出的字段" in client.post("/detection/bench/", {"lines": SSH}).content.decode()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"lines": "x\n" * 201}, "最多试 200 行"),
        ({"lines": "x" * 70_000}, "64 KB"),
        ({"lines": SSH, "format": "nosuch"}, "没有格式 nosuch"),
        ({"lines": SSH, "which": "book", "rule": "nosuch"}, "没有规则 nosuch"),
        ({"lines": SSH, "which": "pasted", "text": "a: ["}, "规则不能用"),
    ],
)
def test_what_cannot_be_tried_says_why(visitor: Any, officer: Any, given: dict[str, str], said: str) -> None:
    assert said in visitor(account=officer).post("/detection/bench/", given).content.decode()


def test_a_program_may_try_too(visitor: Any, officer: Any) -> None:
    client = visitor(account=officer)
    body = {"lines": SSH, "which": "pasted", "text": CITY}
    told = client.post("/api/v1/detection/bench", body, content_type="application/json").json()
    assert (told["events"][0]["rules"], told["events"][0]["why"]["holds"]) == (["city-rule-1"], True)
    listed = client.get("/api/v1/detection/rules").json()
    assert own() in [one["id"] for one in listed["rules"]]
