from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch

import pytest
from django.utils import timezone

from qingdun.operations import actions
from qingdun.operations.core import rest
from qingdun.operations.core.calls import Request, Response
from qingdun.operations.core.guards import Target
from qingdun.operations.core.overlap import Extent
from qingdun.operations.core.placing import Entry
from qingdun.operations.delivery.runner import Runner
from qingdun.operations.kinds import kinds
from qingdun.operations.models import Enforcer, Placement
from tests.operations.delivery.sangfor_box import serving

NOW = datetime(2026, 7, 1, tzinfo=UTC)
SAMPLES = [
    (kind.document, sample) for kind in kinds().values() for sample in kind.document.get("samples", ())
]  # every REST file proves itself


def test_every_rest_interface_brings_samples() -> None:
    rest_kinds = [kind for kind in kinds().values() if kind.mechanism == "rest"]
    assert all(kind.document.get("samples") for kind in rest_kinds)


@pytest.mark.parametrize(("document", "sample"), SAMPLES)
def test_every_interface_asks_and_reads_as_its_samples_say(document: Any, sample: Any) -> None:
    given, target = sample["entry"], Target.parse(sample["entry"]["address"])
    until = NOW + timedelta(seconds=given["seconds"])
    entry = Entry(Extent(1, target.text, target.first, target.last, given["direction"], until), NOW, 0, given["reason"])
    asked = rest.ask(document, sample["call"], rest.values(entry, NOW), {"token": "t"})
    wanted = sample["request"]
    headers = {"Authorization": "Bearer t"}
    assert asked == Request(wanted["method"], wanted["path"], wanted.get("body"), headers)
    answer = rest.read(document, sample["call"], Response(sample["answer"]["status"], sample["answer"]["body"]))
    fine = "placed" if sample["call"] == "add" else "gone"
    assert (answer.state == fine) == (sample["outcome"] == "placed")


@pytest.mark.django_db
def test_over_real_http_it_adds_lists_and_removes(officer: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REST_TOKEN", "t0ken")
    held: dict[str, Any] = {}

    def answer(method: str, path: str, query: Any, body: Any, headers: Any) -> tuple[int, Any]:
        if headers["Authorization"] != "Bearer t0ken":
            return 401, {}
        if method == "POST":
            held[body["ip"]] = body["seconds"]
            return 201, {}
        if method == "DELETE":
            return (204, {}) if held.pop(path.rsplit("/", 1)[1], None) else (404, {})
        return 200, {"data": {"items": [{"ip": one} for one in held]}}

    with serving(answer) as url:
        device = Enforcer.objects.create(name="R", kind="generic_rest", settings={"url": url, "token": "REST_TOKEN"})
        until = timezone.now() + timedelta(hours=1)
        (row,) = actions.block(["198.51.100.7"], by=officer, reason="扫描", until=until)
        runner = Runner(device.pk)
        runner.turn(timezone.now())
        assert 3590 <= held["198.51.100.7"] <= 3600
        held.clear()  # somebody emptied it
        actions.read_back(device, by=officer)
        runner.turn(timezone.now())
        device.refresh_from_db()
        assert (device.drift, set(held)) == (1, {"198.51.100.7"})
        actions.lift(row, by=officer, reason="误封")
        runner.turn(timezone.now())
        assert held == {}
    assert Placement.objects.get().state == "gone"


@pytest.mark.django_db
def test_a_missing_secret_names_its_variable_and_sends_nothing(officer: Any) -> None:
    settings = {"url": "http://127.0.0.1:9", "token": "REST_NOWHERE"}
    device = Enforcer.objects.create(name="R", kind="generic_rest", settings=settings)
    actions.block(["198.51.100.7"], by=officer, reason="扫描", until=timezone.now() + timedelta(hours=1))
    with patch("qingdun.operations.delivery.http.Line.send") as sent:
        Runner(device.pk).turn(timezone.now())
    device.refresh_from_db()
    assert "REST_NOWHERE" in device.failure
    assert not sent.called
