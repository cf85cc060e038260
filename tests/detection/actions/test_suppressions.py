from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse
from django.utils import timezone

from qingdun.detection import alert_jobs as jobs
from qingdun.detection import publishing
from qingdun.detection.actions import suppressions
from qingdun.detection.active import Active, active
from qingdun.detection.library import filters
from qingdun.detection.models import Alert, Suppression
from qingdun.detection.replay import effect_of
from qingdun.history.models import Change
from qingdun.lib.home import content
from qingdun.logs.core.columns import EVENT
from qingdun.logs.lake import Lake
from qingdun.notify.models import Message
from qingdun.web.models import JobRun
from tests.detection.core.test_suppressing import FILTER, RULES
from tests.logs.views.conftest import _forget

Make = Callable[..., Any]
TODAY = timezone.localdate()


@pytest.fixture(autouse=True)
def rules() -> Iterator[None]:
    folder = content() / "detection" / "rules"
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "suppressed.yml"
    file.write_text(RULES, "utf-8")
    yield
    file.unlink()


@pytest.fixture
def officer(make_account: Make) -> Any:
    return make_account("security_officer")


@pytest.fixture
def lake() -> Iterator[None]:
    """Two probes of the scanner, one of a stranger, and one harmless request, yesterday; one probe long ago."""
    _forget()
    now = timezone.now()
    told = [
        (1, "192.0.2.9", "/probe/a"),
        (1, "192.0.2.9", "/probe/b"),
        (1, "203.0.113.7", "/probe/a"),
        (1, "203.0.113.7", "/"),
        (40, "192.0.2.9", "/probe/old"),
    ]
    rows = [
        {
            "@timestamp": now - timedelta(days=days, seconds=60 - number),
            "event.ingested": now,
            "qingdun.batch": "replay-1",
            "qingdun.row": number,
            "qingdun.count": 1,
            "qingdun.format": "nginx_access",
            "observer.type": "web",
            "source.ip": source,
            "url.path": path,
        }
        for number, (days, source, path) in enumerate(told)
    ]
    Lake().append(pl.DataFrame(rows, schema=EVENT), "replay-test", int(now.timestamp() * 1000))
    yield
    _forget()


def draft(by: Any, **fields: Any) -> Suppression:
    given: dict[str, Any] = {"reason": "自有漏洞扫描器", "until": TODAY + timedelta(days=30), **fields}
    return suppressions.draft(given.pop("text", FILTER), by=by, **given)


def measured(found: Suppression) -> Suppression:
    jobs.replay(lambda *_told: None, str(found.pk))
    found.refresh_from_db()
    return found


def test_a_draft_does_not_hold_before_it_was_measured(officer: Any, lake: None) -> None:
    found = draft(officer)
    assert (found.state, found.title, found.rules, filters()) == ("draft", "自有扫描器", ["rule-probe"], [])
    assert JobRun.objects.filter(key="detection.replay", about=str(found.pk)).exists()
    with pytest.raises(ValidationError):
        suppressions.begin(found, by=officer)
    suppressions.begin(measured(found), by=officer)
    assert [one.id for one in filters()] == ["filter-1"]
    assert list(Suppression.objects.active()) == [found]
    assert Change.objects.about(found).count() == 2


def test_the_replay_counts_before_and_after(officer: Any, lake: None) -> None:
    found = measured(draft(officer))
    effect = found.effect
    assert effect and (effect["before"], effect["after"], effect["vanished"]) == (3, 1, 2)
    assert (effect["events"], effect["complete"]) == (4, True)
    assert effect["rules"] == [{"id": "rule-probe", "title": "探测", "before": 3, "after": 1}]
    assert {one["source"] for one in effect["samples"]} == {"192.0.2.9"} and len(effect["samples"]) == 2


def test_a_replay_that_cannot_read_all_says_so(officer: Any, lake: None) -> None:
    now = timezone.now()
    row = {
        "@timestamp": now,
        "event.ingested": now,
        "qingdun.batch": "b",
        "qingdun.row": 0,
        "qingdun.format": "nginx_access",
    }
    Lake().append(pl.DataFrame([row], schema=EVENT), "replay-test-2", int(now.timestamp() * 1000))
    found = draft(officer)
    told: list[tuple[int, int]] = []
    effect = effect_of(found, lambda done, total: told.append((done, total)), most=1)
    assert not effect["complete"] and effect["events"] == 1 and told[-1][0] == told[-1][1]


def test_without_any_log_the_effect_is_nothing(officer: Any) -> None:
    _forget()
    found = measured(draft(officer))
    assert found.effect and (found.effect["events"], found.effect["complete"]) == (0, True)


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"reason": " "}, "reason"),
        ({"until": TODAY - timedelta(days=1)}, "until"),
        ({"until": TODAY + timedelta(days=400)}, "until"),
        ({"days": 0}, "days"),
        ({"text": "title: ["}, "text"),
        ({"text": FILTER.replace("rule-probe", "rule-gone")}, "text"),
    ],
)
def test_what_is_lacking_is_said_beside_its_field(officer: Any, fields: dict[str, Any], name: str) -> None:
    with pytest.raises(ValidationError) as refused:
        draft(officer, **fields)
    assert list(refused.value.message_dict) == [name]
    assert not Suppression.objects.exists()


def test_only_who_may_tune_the_whole_city(make_account: Make, make_unit: Make) -> None:
    with pytest.raises(PermissionDenied):
        draft(make_account("duty_officer"))
    with pytest.raises(PermissionDenied):
        draft(make_account("security_officer", unit=make_unit("county", parent=make_unit())))


def test_it_ends_by_itself_and_its_owner_is_told(officer: Any, lake: None) -> None:
    found = suppressions.begin(measured(draft(officer, until=TODAY)), by=officer)
    assert suppressions.expire(TODAY) == 0
    assert suppressions.expire(TODAY + timedelta(days=1)) == 1
    found.refresh_from_db()
    assert (found.state, found.ended_by) == ("ended", "") and filters() == []
    message = Message.objects.get(account=officer)
    assert "自有扫描器" in message.title and message.link == found.get_absolute_url()


def test_it_is_ended_with_a_reason(officer: Any, lake: None) -> None:
    found = suppressions.begin(measured(draft(officer)), by=officer)
    with pytest.raises(ValidationError):
        suppressions.end(found, by=officer, reason="")
    suppressions.end(found, by=officer, reason="扫描器已下线")
    with pytest.raises(ValidationError):
        suppressions.end(found, by=officer, reason="再来一次")
    assert filters() == []


def test_two_cannot_have_one_id(officer: Any, lake: None) -> None:
    suppressions.begin(measured(draft(officer)), by=officer)
    with pytest.raises(ValidationError):
        draft(officer)


# --- pages ----------------------------------------------------------------------------------------------------------


def test_from_an_alert_to_what_is_said_no_more(make_alert: Make, visitor: Make, officer: Any, lake: None) -> None:
    alert, client = make_alert(rule="rule-probe", title="探测", source="192.0.2.9"), visitor(account=officer)
    new = f"{reverse('detection:suppression_new')}?alert={alert.pk}&field=source.ip&value=192.0.2.9"
    assert new.replace("&", "&amp;") in client.get(alert.get_absolute_url()).content.decode()
    text = client.get(new).context["form"]["text"].value()
    assert "rule-probe" in text and "192.0.2.9" in text
    given = {"text": text, "reason": "自有扫描器", "until": (TODAY + timedelta(days=9)).isoformat(), "days": 7}
    broken = client.post(new, {**given, "text": "title: ["})
    assert broken.status_code == 200 and "YAML" in broken.content.decode()
    assert client.post(new, given).status_code == 302
    found = Suppression.objects.get()
    assert found.alert == alert
    waiting = client.get(found.get_absolute_url()).content.decode()
    assert 'hx-trigger="every 1s"' in waiting
    JobRun.objects.all().delete()
    shown = client.get(measured(found).get_absolute_url()).content.decode()
    assert "命中 3 次，抑制后 1 次" in shown and "192.0.2.9" in shown
    assert client.post(reverse("detection:suppression_begin", args=[found.pk])).status_code == 302
    listed = client.get(reverse("detection:suppressions")).content.decode()
    assert found.get_absolute_url() in listed and "3 → 1" in listed
    assert found.get_absolute_url() in client.get(alert.get_absolute_url()).content.decode()
    end = reverse("detection:suppression_end", args=[found.pk])
    assert client.post(end, {"reason": ""}).status_code == 200
    assert client.post(end, {"reason": "扫描器已下线"}).status_code == 302
    found.refresh_from_db()
    assert found.state == "ended"


def test_a_duty_officer_reads_and_changes_nothing(visitor: Make, officer: Any, lake: None) -> None:
    found, client = measured(draft(officer)), visitor("duty_officer")
    shown = client.get(found.get_absolute_url()).content.decode()
    assert "实测效果" in shown and f"/{found.pk}/begin" not in shown
    assert client.post(reverse("detection:suppression_begin", args=[found.pk])).status_code == 403


def test_an_alert_that_suppression_began_from_may_go(officer: Any, make_alert: Make, lake: None) -> None:
    found = draft(officer, alert=make_alert())
    Alert.objects.all().delete()
    found.refresh_from_db()
    assert found.alert is None


def test_what_holds_is_in_the_rules_at_work(officer: Any, lake: None, tmp_path: Path) -> None:
    event = {"qingdun.format": "nginx_access", "observer.type": "web", "url.path": "/probe/a", "source.ip": "192.0.2.9"}
    draft_ = measured(draft(officer))
    before = active({"suppressions": publishing.suppressions(tmp_path)})
    assert fired(before, event) == ["rule-probe"]
    suppressions.begin(draft_, by=officer)
    now = active({"suppressions": publishing.suppressions(tmp_path)})
    assert fired(now, event) == []
    assert fired(now, {**event, "source.ip": "203.0.113.7"}) == ["rule-probe"]


def fired(rules: Active, event: dict[str, Any]) -> list[str]:
    names = [rules.program.rules[match.rule].id for match in rules.engine.match([event])]
    return [name for name in names if name.startswith("rule-")]
