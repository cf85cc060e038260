from __future__ import annotations

from typing import Any

import pytest

from tests.logs.views.conftest import make_source  # noqa: F401 (fixture)

pytestmark = pytest.mark.django_db


def test_the_global_search_finds_sources_the_reader_may_see(
    visitor: Any,
    make_source: Any,  # noqa: F811
    make_unit: Any,
) -> None:
    ours = make_unit("ours", parent=make_unit())
    make_source("城北防火墙甲", unit=ours)
    make_source("城北防火墙乙")
    whole = visitor("operations_engineer").get("/search", {"q": "城北"}).content.decode()
    assert "城北防火墙甲" in whole and "城北防火墙乙" in whole
    part = visitor("operations_engineer", unit=ours).get("/search", {"q": "城北"}).content.decode()
    assert "城北防火墙甲" in part and "城北防火墙乙" not in part
