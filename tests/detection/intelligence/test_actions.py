from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from qingdun.audit.models import Entry
from qingdun.detection.core.indicators_index import load
from qingdun.detection.core.indicators_meeting import Met
from qingdun.detection.intelligence import actions, count, publish, sources
from qingdun.detection.models import Edition, Feed, Indicator
from tests.detection.intelligence.server import COLLECTION, Feeds, serving

pytestmark = pytest.mark.django_db
Make = Callable[..., Any]
LIST = b"203.0.113.7\n198.51.100.0/24\n10.0.0.1\n"


@pytest.fixture
def server() -> Iterator[Feeds]:
    with serving() as feeds:
        yield feeds


@pytest.fixture
def officer(make_account: Make) -> Any:
    return make_account("security_officer")


def feed(**fields: Any) -> Feed:
    return Feed.objects.create(**{"name": "清单", "shape": "addresses", "inside": True, **fields})


def values(**more: Any) -> list[str]:
    return sorted(Indicator.objects.filter(**more).values_list("value", flat=True))


def test_a_list_is_fetched_and_the_same_list_again_writes_nothing(server: Feeds) -> None:
    server.files["/list.txt"] = LIST
    one = feed(address=f"{server.address}/list.txt", every=24)
    run = actions.run(one)
    assert (run.read, run.new, run.unchanged, run.refused, run.problem) == (3, 2, 0, 1, "")
    assert [reason[:2] for reason in run.reasons] == [["私有地址", 1]]
    assert values() == ["198.51.100.0/24", "203.0.113.7"]
    edition, entries = Edition.current(), Entry.objects.count()
    again = actions.run(one)
    assert (again.new, again.changed, again.unchanged) == (0, 0, 2)
    assert (Edition.current(), Entry.objects.count()) == (edition, entries)
    one.refresh_from_db()
    assert one.state == Feed.State.DONE
    assert one.next_run and one.next_run > timezone.now() + timedelta(hours=23)


def test_a_term_is_prolonged_when_a_quarter_of_it_is_gone(server: Feeds) -> None:
    server.files["/list.txt"] = b"203.0.113.7\n"
    one = feed(address=f"{server.address}/list.txt", term=8)
    actions.run(one)
    Indicator.objects.update(valid_until=timezone.now() + timedelta(days=5))
    assert actions.run(one).changed == 1
    assert Indicator.objects.get().valid_until > timezone.now() + timedelta(days=7)


@pytest.mark.parametrize(
    ("path", "why"),
    [("/gone.txt", "应答 HTTP 404"), ("/page.txt", "多半不是这种格式"), ("/around", "转了 5 次")],
)
def test_a_failed_run_says_why_and_changes_nothing(server: Feeds, path: str, why: str) -> None:
    server.files["/list.txt"], server.files["/page.txt"] = LIST, b"<p>sorry</p>\n" * 50
    server.redirects["/around"] = "/around"
    one = feed(address=f"{server.address}/list.txt")
    actions.run(one)
    before = values()
    one.address = f"{server.address}{path}"
    run = actions.run(one)
    assert why in run.problem
    one.refresh_from_db()
    assert (values(), one.state) == (before, Feed.State.FAILED)


def test_the_own_network_is_out_of_bounds_unless_the_feed_may(server: Feeds) -> None:
    server.files["/list.txt"] = LIST
    one = feed(address=f"{server.address}/list.txt", inside=False)
    assert "指向内网地址 127.0.0.1" in actions.run(one).problem
    assert not server.asked


def test_too_large_an_answer_is_not_read_to_the_end(server: Feeds, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QINGDUN_FEED_LARGEST", "1")
    server.files["/list.txt"] = b"203.0.113.7\n" * 100_000
    assert "超过 1 MB" in actions.run(feed(address=f"{server.address}/list.txt")).problem


def test_a_credential_is_shown_to_its_own_host_only(server: Feeds, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QINGDUN_FEED_KEY", "reader:word")
    with serving() as other:
        other.files["/list.txt"] = LIST
        server.redirects["/list.txt"] = f"{other.address}/list.txt"
        run = actions.run(feed(address=f"{server.address}/list.txt", credential="QINGDUN_FEED_KEY"))
        assert run.new == 2
        assert server.asked[0][1].startswith("Basic ")
        assert other.asked == [("/list.txt", "")]


def stix(value: str) -> dict[str, Any]:
    return {"type": "indicator", "pattern": f"[ipv4-addr:value = '{value}']", "pattern_type": "stix"}


def test_a_taxii_collection_is_read_page_by_page_and_then_from_where_it_ended(server: Feeds) -> None:
    server.objects = [(f"2026-11-01T00:00:0{n}.000Z", stix(f"203.0.113.{n}")) for n in range(5)]
    one = feed(shape="taxii", address=f"{server.address}{COLLECTION}")
    run = actions.run(one)
    assert (run.problem, run.new) == ("", 5)
    server.objects.append(("2026-11-02T00:00:00.000Z", stix("203.0.113.200")))
    one.refresh_from_db()
    assert one.taken_to == "2026-11-01T00:00:04.000Z"
    run = actions.run(one)
    assert (run.problem, run.read, run.new) == ("", 1, 1)
    assert "added_after=2026-11-01T00" in server.asked[-1][0]


def test_a_misp_feed_asks_only_for_events_that_changed(server: Feeds) -> None:
    def event(value: str) -> bytes:
        return b'{"Event": {"info": "x", "Attribute": [{"type": "ip-dst", "value": "%s"}]}}' % value.encode()

    server.files |= {
        "/manifest.json": b'{"aa-1": {"timestamp": "100"}, "aa-2": {"timestamp": "200"}}',
        "/aa-1.json": event("203.0.113.1"),
        "/aa-2.json": event("203.0.113.2"),
    }
    one = feed(shape="misp", address=server.address)
    assert actions.run(one).new == 2
    server.files["/manifest.json"] = b'{"aa-1": {"timestamp": "300"}, "aa-2": {"timestamp": "200"}}'
    server.files["/aa-1.json"] = event("203.0.113.3")
    server.asked.clear()
    one.refresh_from_db()
    assert actions.run(one).new == 1
    assert [path for path, _key in server.asked] == ["/manifest.json", "/aa-1.json"]


def test_a_folder_of_this_machine_and_nothing_beside_it() -> None:
    sources.folder().mkdir(parents=True, exist_ok=True)
    (sources.folder() / "list.txt").write_bytes(LIST)
    assert actions.run(feed(folder="list.txt")).new == 2
    assert "不在情报目录" in actions.run(feed(name="乙", folder="../../secret")).problem


def test_what_is_entered_by_hand_is_taken_whole_or_not_at_all(officer: Any) -> None:
    told = {"category": "c2", "weight": 90, "days": 10, "note": "通报"}
    with pytest.raises(ValidationError, match="私有地址"):
        actions.add_by_hand("203.0.113.7\n10.0.0.1", by=officer, **told)
    assert not values()
    made = actions.add_by_hand("203.0.113.7\nevil[.]example", by=officer, **told)
    assert {one.value for one in made} == {"203.0.113.7", "evil.example"}
    assert all(one.feed.by_hand and one.weight == 90 and one.valid_until for one in made)


def test_our_own_addresses_and_domains_are_refused(make_unit: Make, officer: Any) -> None:
    from qingdun.inventory.models import Address, Host, Site, System, Zone

    unit = make_unit()
    system = System.objects.create(name="门户", code="S1", unit=unit, provisioned=date(2026, 1, 1))
    host = Host.objects.create(
        name="web", system=system, unit=unit, address="203.0.113.20", address_key="", zone=Zone.values[0]
    )
    Address.objects.create(host=host, zone=host.zone, key="00000000000000000000ffffcb007114")
    Site.objects.create(domain="www.city.example", system=system)
    told = {"category": "c2", "weight": 90, "days": 10, "note": "", "by": officer}
    for text, why in (("203.0.113.0/24", "登记的地址"), ("city.example", "网站的域名")):
        with pytest.raises(ValidationError, match=why):
            actions.add_by_hand(text, **told)
    assert actions.add_by_hand("203.0.113.21\nother.example", **told)


def test_a_false_positive_holds_for_every_feed_and_those_to_come(officer: Any) -> None:
    one, other = feed(), feed(name="乙")
    actions.take_file(one, b"203.0.113.7\n", "a", by=officer)
    marked = Indicator.objects.get()
    with pytest.raises(ValidationError):
        actions.mark(marked, " ", by=officer)
    assert actions.mark(marked, "内部扫描器", by=officer) == 1
    actions.take_file(other, b"203.0.113.7\n203.0.113.8\n", "b", by=officer)
    assert values(marked=True) == ["203.0.113.7", "203.0.113.7"]
    assert actions.unmark(marked, by=officer) == 2
    assert not values(marked=True)


def test_readers_get_what_stands_and_a_new_file_only_after_a_change(officer: Any, tmp_path: Any) -> None:
    assert publish(tmp_path) is None
    one = feed()
    actions.take_file(one, b"203.0.113.7\n203.0.113.8\n", "a", by=officer)
    file = publish(tmp_path)
    assert file and publish(tmp_path) == file
    assert sorted(load(file).rows["value"]) == ["203.0.113.7", "203.0.113.8"]
    actions.mark(Indicator.objects.get(value="203.0.113.8"), "误报了", by=officer)
    after = publish(tmp_path)
    assert after and after != file
    assert load(after).rows["value"].to_list() == ["203.0.113.7"]
    one.on = False
    actions.change_feed(one, by=officer)
    off = publish(tmp_path)
    assert off and load(off).rows.is_empty()


def test_hits_are_booked_under_every_feed(officer: Any) -> None:
    for name in ("甲", "乙"):
        actions.take_file(feed(name=name), b"203.0.113.7\n", "a", by=officer)
    now = timezone.now()
    count([Met("203.0.113.7", 3, now)])
    count([Met("203.0.113.7", 2, now - timedelta(days=1))])
    assert list(Indicator.objects.values_list("hits", "last_seen")) == [(5, now), (5, now)]


@pytest.mark.parametrize(
    ("fields", "where"),
    [
        ({"shape": "none"}, "shape"),
        ({"address": "ftp://x/"}, "address"),
        ({"address": "https://user:word@x.example/"}, "address"),
        ({"folder": "../up"}, "folder"),
        ({"credential": "word"}, "credential"),
        ({"every": 24}, "every"),
        ({"weight": 101}, "weight"),
    ],
)
def test_a_feed_that_cannot_be_is_refused_with_the_field(officer: Any, fields: dict[str, Any], where: str) -> None:
    with pytest.raises(ValidationError) as refused:
        actions.add_feed(Feed(**{"name": "甲", "shape": "addresses", **fields}), by=officer)
    assert where in refused.value.message_dict


def test_nobody_without_the_permission_changes_anything(make_account: Make) -> None:
    reader, one = make_account("bureau_leader"), feed()
    with pytest.raises(PermissionDenied):
        actions.take_file(one, LIST, "a", by=reader)
    with pytest.raises(PermissionDenied):
        actions.add_by_hand("203.0.113.7", category="c2", weight=1, days=1, note="", by=reader)
    with pytest.raises(PermissionDenied):
        actions.add_feed(Feed(name="乙", shape="addresses"), by=reader)
