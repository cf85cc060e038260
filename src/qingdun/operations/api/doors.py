"""How a program's request meets the guards: what they refuse is 422 with their words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja.errors import HttpError

from qingdun.access import policy
from qingdun.access.approvals import NotPossible
from qingdun.operations import forms
from qingdun.operations.core.guards import NotBlockable
from qingdun.operations.listings import BLOCKS
from qingdun.operations.models import Block, Placement
from qingdun.operations.views.acting import VIEW
from qingdun.web.machine.lists import one


@contextmanager
def in_words() -> Iterator[None]:
    """What may not be is 422 with its reason."""
    try:
        yield
    except (NotBlockable, NotPossible, forms.NotATerm) as error:
        raise HttpError(422, str(error)) from None


def until(term: str) -> datetime | None:
    """When a term of that text ends, from now."""
    with in_words():
        return forms.until(term, timezone.now())


def block(request: HttpRequest, pk: int) -> Block:
    """One block as it is now."""
    return one(request, BLOCKS, pk)


def placement(request: HttpRequest, pk: int) -> Any:
    """403 for who sees no block, 404 for one that is not there."""
    policy.require(request.user, VIEW)
    return get_object_or_404(Placement.objects.select_related("block", "enforcer"), pk=pk)
