"""The OpenAPI document held against the platform: no 5xx, answers as described, nothing of another unit.

schemathesis calls every operation through WSGI with data that fits its schema and data that does not, by every role,
half of the calls at things that exist. `QINGDUN_SCHEMATHESIS=200` makes that many examples an operation (default 5).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest
import schemathesis
from django.core import signals
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from qingdun.access.actions.tokens import create_token, offered
from qingdun.access.roster import roles
from qingdun.config.api import api
from qingdun.web.machine.document import operations
from tests.matrix.doors import rows
from tests.matrix.scene import MARK, Scene
from tests.matrix.test_matrix import undone
from tests.visitors import enter

pytestmark = pytest.mark.django_db
EXAMPLES = int(os.environ.get("QINGDUN_SCHEMATHESIS", "5"))
CSRF = "a" * 32
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
OPERATIONS = {found["operationId"]: (method, path) for method, path, found in operations(api.get_openapi_schema())}
QUIET = settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    derandomize=EXAMPLES < 50,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who calls, as headers; `apart`: nothing of the unit `here` may ever reach him."""

    name: str
    headers: dict[str, str]
    apart: bool


@dataclass(frozen=True, slots=True)
class City:
    visitors: list[Visitor]
    things: dict[str, dict[str, Any]]  # operation id → the path parameters of a thing that exists


@pytest.fixture(scope="module")
def city(django_db_setup: None, django_db_blocker: Any) -> Iterator[City]:
    with django_db_blocker.unblock(), undone():
        scene = Scene()
        with scene.keep:
            yield City(_visitors(scene), _things(scene))


def _visitors(scene: Scene) -> list[Visitor]:
    found = [Visitor("nobody", {}, True)]
    for key, role in roles().items():
        for unit in (scene.elsewhere, scene.root):
            account = scene.account(key, unit)
            found.append(Visitor(f"{key} at {unit}", _session(account), unit != scene.root))
            if not role.officer and (scope := offered(account)):
                _token, text = create_token(account, "程序", scope, 30)
                found.append(
                    Visitor(f"{key}'s token at {unit}", {"Authorization": f"Bearer {text}"}, unit != scene.root)
                )
    return found


def _session(account: Any) -> dict[str, str]:
    cookies = "; ".join(f"{name}={cookie.value}" for name, cookie in enter(account).cookies.items())
    return {"Cookie": f"{cookies}; csrftoken={CSRF}", "X-CSRFToken": CSRF}


def _things(scene: Scene) -> dict[str, dict[str, Any]]:
    """One of everything the rows can make, each kind once: two builders of one kind would be in each other's way."""
    things: dict[str, dict[str, Any]] = {}
    for row in rows():
        if row.make and row.is_operation and (made := _made(scene, row.make)):
            things[row.at] = made
    return things


@cache
def _made(scene: Scene, make: Any) -> dict[str, Any]:
    block = undone()
    block.__enter__()
    try:
        made: dict[str, Any] = make(scene)
    except Exception:
        block.__exit__(None, None, None)
        return {}
    block.block.__exit__(None, None, None)
    return made


@pytest.fixture(autouse=True)
def _one_connection() -> Iterator[None]:
    """As Django's own test client does: a request here must not close the connection that holds the city."""
    ends = (signals.request_started, signals.request_finished)
    for end in ends:
        end.disconnect(close_old_connections)
    yield
    for end in ends:
        end.connect(close_old_connections)


@pytest.fixture(autouse=True)
def _no_limits(settings: Any) -> None:
    settings.API_RATE = settings.API_RATE_ADDRESS = settings.API_RATE_NOBODY = settings.API_RATE_WRONG = 1_000_000_000


@pytest.fixture(scope="module")
def schema() -> Any:
    return schemathesis.openapi.from_dict(api.get_openapi_schema())


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation_keeps_its_word_to_everybody(city: City, schema: Any, name: str) -> None:
    method, path = OPERATIONS[name]
    operation, app = schema[path][method], get_wsgi_application()
    cases = st.one_of(*(operation.as_strategy(generation_mode=mode) for mode in GenerationMode))

    @QUIET
    @given(case=cases, visitor=st.sampled_from(city.visitors), exists=st.booleans())
    def call(case: Any, visitor: Visitor, exists: bool) -> None:
        if exists and name in city.things:
            case.path_parameters = {**(case.path_parameters or {}), **city.things[name]}
        with undone():
            response = case.call(app=app, headers=visitor.headers)
        case.validate_response(response, checks=CHECKS, headers=visitor.headers, transport_kwargs={"app": app})
        if visitor.apart:
            assert MARK not in response.content.decode("utf-8", "replace"), f"{visitor.name} reads of another unit"

    call()
