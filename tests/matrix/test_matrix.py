"""Every route and API operation, asked by four visitors with real requests. What a row is: `rows.py`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import UploadedFile
from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction

from qingdun.audit.models import Entry
from qingdun.web.machine import door
from tests.matrix.doors import Door, doors, rows
from tests.matrix.page import expected, page
from tests.matrix.rows import LOGIN, PUBLIC, UNSEEN, VISITORS, Made, Row
from tests.matrix.scene import MARK, Scene

pytestmark = pytest.mark.django_db
PRINTED = Path(__file__).resolve().parents[2] / "docs" / "reference" / "permissions.md"
HEARD: dict[Row, dict[str, str]] = {}
ASK_WHAT_IS_ALLOWED = "TRACE"  # no view takes it, so the answer names the methods it does take


@pytest.fixture(autouse=True)
def _own_limits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All doors are asked within seconds; how often one address may ask is tried in `tests/web/machine`."""
    limiter = door.Limiter(tmp_path / "rate")
    monkeypatch.setattr(door, "_limiter", lambda: limiter)


@pytest.fixture(scope="module")
def scene(django_db_setup: None, django_db_blocker: Any) -> Iterator[Scene]:
    """One city for all rows, each undone. At the end the printed page is held against what this very run heard."""
    with django_db_blocker.unblock(), undone():
        built = Scene()
        for row in rows():  # now, for what is made while a row is asked is undone with it
            for who in VISITORS:
                built.account_of(row, who)
        yield built
    if len(HEARD) == len(rows()):
        assert PRINTED.read_text("utf-8") == page(HEARD.__getitem__), "run python scripts/reference.py"


class undone:  # noqa: N801
    """What happens inside is rolled back."""

    def __enter__(self) -> None:
        self.block = transaction.atomic()
        self.block.__enter__()

    def __exit__(self, *fault: Any) -> None:
        transaction.set_rollback(True)
        self.block.__exit__(*fault)


@pytest.mark.parametrize("row", rows(), ids=lambda row: f"{row.name}{row.query}")
def test_a_door_answers_each_visitor_as_its_row_says(scene: Scene, row: Row) -> None:
    door, heard = doors()[row.at], {}
    with scene.keep, undone():
        made = row.make(scene) if row.make else {}
        for who in VISITORS:
            with undone():
                heard[who] = _asked(scene, row, door, made, who)
        _takes_no_method_without_a_row(scene, row, door, made)
    HEARD[row] = heard
    assert heard == expected(row), row.name


def _asked(scene: Scene, row: Row, door: Door, made: Made, who: str) -> str:
    """The status heard, `登录` for a redirect to the door, with `不见` when a success shows nothing of the subject."""
    client, before = scene.visitor(row, who), Entry.objects.count()
    response = _request(
        client, row, door.url(made) + row.query, row.data(scene, made) if callable(row.data) else row.data
    )
    body = b"".join(response.streaming_content) if response.streaming else response.content
    seen = MARK in body.decode("utf-8", "replace") or MARK.encode("unicode_escape") in body
    if who != "here" and row.permission != PUBLIC:
        assert not seen, f"{row.name}: {who} reads what belongs to another unit"
    succeeded = response.status_code < 400 and not _to_login(response)
    if who == "here" and row.marked:
        assert seen, f"{row.name}: the right role must see the subject it was built for (status {response.status_code})"
    if not succeeded and row.method != "GET":
        assert Entry.objects.count() == before, f"{row.name}: refused, yet something was done"
    if _to_login(response):
        return LOGIN
    return (
        f"{response.status_code} {UNSEEN}" if who != "here" and succeeded and row.marked else str(response.status_code)
    )


def _request(client: Any, row: Row, url: str, data: Any) -> Any:
    if row.method == "GET":
        return client.get(url, data)
    if row.is_operation and not any(isinstance(value, UploadedFile) for value in data.values()):
        return client.generic(row.method, url, _json(data), content_type="application/json")
    return client.post(url, data)


def _json(data: Any) -> str:
    return json.dumps(data, ensure_ascii=False, cls=DjangoJSONEncoder)


def _to_login(response: Any) -> bool:
    return response.status_code == 302 and response.headers["Location"].startswith("/login/?")


def _takes_no_method_without_a_row(scene: Scene, row: Row, door: Door, made: Made) -> None:
    """A view says by its 405 which methods it takes, behind whatever decorators."""
    if row.is_operation or row.at.startswith("api:") or row.permission == PUBLIC:
        return
    with undone():
        response = scene.visitor(row, "here").generic(ASK_WHAT_IS_ALLOWED, door.url(made))
    assert response.status_code == 405, f"{row.at} takes any method: say which, by require_safe, require_POST …"
    taken = set(response.headers["Allow"].replace(" ", "").split(",")) - {"HEAD", "OPTIONS"}
    assert taken <= {one.method for one in rows() if one.at == row.at}, f"{row.at} takes {taken}: a row for each"
