"""提出申请: what a person may ask for. Each room registers its request forms in its own `asking.py`.

register(Form("access.role", _("申请角色"), _("说明用途、范围和期限"), "powers:ask_role", "badge-check"))
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.urls import reverse
from django.utils.functional import Promise

from qingdun.access.models import Approval
from qingdun.lib.rooms import modules

Text = str | Promise


def anybody(_user: Any) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Form:
    """One request form: the kind it asks for, its page, and to whom it is of use."""

    kind: str
    title: Text
    purpose: Text
    url_name: str
    icon: str = "file-plus"
    open_to: Callable[[Any], bool] = anybody
    order: int = 100

    @property
    def url(self) -> str:
        return reverse(self.url_name)


_forms: dict[str, Form] = {}


def register(*forms: Form) -> None:
    _forms.update((form.url_name, form) for form in forms)


def forms(user: Any) -> list[Form]:
    """What this person may ask for."""
    _rooms()
    return [one for one in sorted(_forms.values(), key=lambda one: (one.order, one.url_name)) if one.open_to(user)]


def again(approval: Approval, user: Any) -> str:
    """Where a returned request can be changed and asked for anew; empty when its kind has no form for this person."""
    return next((f"{form.url}?earlier={approval.pk}" for form in forms(user) if form.kind == approval.kind), "")


@cache
def _rooms() -> None:
    for _module in modules("asking"):
        pass
