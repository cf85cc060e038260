"""The register of accounts and roles.

`access` lies below `web` and so uses its templates and styles by name, never its code.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.core.paginator import Paginator
from django.db.models import Prefetch, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from qingdun.access import policy
from qingdun.access.core.roles import Role
from qingdun.access.models import Account, Grant
from qingdun.access.permissions import all_permissions
from qingdun.access.roster import roles
from qingdun.lib.rooms import modules

PAGE = 50


@require_safe
def accounts(request: HttpRequest) -> HttpResponse:
    """Accounts, the persons behind them, their units, and what they hold until when."""
    policy.require(request.user, "access.view")
    words, role = request.GET.get("q", "").replace("\0", "").strip()[:100], request.GET.get("role", "")
    today = timezone.localdate()
    rows = Account.objects.visible_to(request.user)
    if words:
        rows = rows.filter(Q(username__icontains=words) | Q(person__name__icontains=words))
    if role:
        rows = rows.filter(pk__in=Grant.objects.in_force(today).filter(role=role).values("account"))
    current = Prefetch("grants", Grant.objects.filter(ends__gte=today).select_related("unit"), to_attr="current")
    page = Paginator(rows.select_related("person__unit").prefetch_related(current), PAGE).get_page(
        request.GET.get("page")
    )
    titles = {key: found.title(get_language()) for key, found in roles().items()}
    context = {"page": page, "titles": titles, "today": today, "words": words, "role": role}
    return render(request, "access/accounts.html", context)


@dataclass(frozen=True, slots=True)
class Row:
    """A permission and which roles hold it, as one row of the matrix."""

    room: str
    name: str
    held: tuple[bool, ...]


@require_safe
def role_matrix(request: HttpRequest) -> HttpResponse:
    """Which role may do what: the files themselves, as a table."""
    policy.require(request.user, "access.view")
    language = get_language()
    columns = sorted(roles().values(), key=lambda role: (role.officer, role.key))
    described = [(role.title(language), role.described(language), role.officer) for role in columns]
    return render(request, "access/roles.html", {"roles": described, "rows": _matrix(columns)})


def _matrix(columns: list[Role]) -> list[Row]:
    rooms = {module.__name__.split(".")[1]: module.PERMISSIONS for module in modules("permissions")}
    return [
        Row(room, _(all_permissions()[key]), tuple(key in role.may for role in columns))
        for room, permissions in rooms.items()
        for key in permissions
    ]
