from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from qingdun.access.roster import roles

pytestmark = pytest.mark.django_db


def test_me_says_who_i_am_and_what_i_may_do_where(
    visitor: Callable[..., Client], make_unit: Callable[..., Any]
) -> None:
    edu = make_unit("edu", parent=make_unit("city"), name="教育局")
    client: Any = visitor("unit_contact", unit=edu)
    account = client.account
    answer = client.get("/api/v1/access/me")
    assert answer.status_code == 200
    assert answer.json() == {
        "username": account.username,
        "name": account.person.name,
        "unit": "教育局",
        "roles": [
            {"role": "unit_contact", "name": "业主单位联系人", "unit": "教育局", "ends": str(account.grants.get().ends)}
        ],
        "permissions": {key: ["/city/edu/"] for key in sorted(roles()["unit_contact"].may)},
    }
