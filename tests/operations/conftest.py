"""What the tests of blocking share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest


@pytest.fixture(autouse=True)
def _fresh_guards() -> Iterator[None]:
    """Settings of the environment are read once a process; a test that changes them must not leave them."""
    from qingdun.operations import guarding

    yield
    guarding.limits.cache_clear()
    guarding.networks.cache_clear()


@pytest.fixture
def officer(make_account: Callable[..., Any]) -> Any:
    """A bureau security officer at the root: may block, manage and approve (never what he asked for himself)."""
    return make_account("security_officer", username="officer")


@pytest.fixture
def second(make_account: Callable[..., Any]) -> Any:
    return make_account("security_officer", username="second")


@pytest.fixture
def tomorrow() -> datetime:
    from django.utils import timezone

    return timezone.now() + timedelta(days=1)
