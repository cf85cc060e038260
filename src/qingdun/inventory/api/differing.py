"""How a program brings a list in and decides on differences: through the forms and the actions of the pages."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext as _

from qingdun.access import policy
from qingdun.inventory import actions, forms
from qingdun.inventory.api import doors, shapes
from qingdun.inventory.listings import DIFFERENCES
from qingdun.inventory.models import Difference, Snapshot
from qingdun.inventory.reconciliation import decidable
from qingdun.inventory.sourcing import sources
from qingdun.inventory.views import me
from qingdun.web.machine.lists import one


def take(request: HttpRequest, body: shapes.SnapshotIn) -> Snapshot:
    policy.require(request.user, "inventory.reconcile", policy.ROOT)
    source = sources().get(body.source)
    if source is None:
        raise ValidationError({"source": _("没有来源“%s”") % body.source})
    rows = [source.row({key: "" if value is None else value for key, value in row.items()}) for row in body.rows]
    return actions.take(source, rows, by=me(request))


def accept(request: HttpRequest, pk: int, body: shapes.Accepting) -> Difference:
    found = decidable(request, pk)
    form = forms.AcceptForm(body.dict(exclude_none=True), user=request.user, difference=found)
    doors.acted(form, lambda: actions.accept(found, by=me(request), **form.cleaned_data))
    return one(request, DIFFERENCES, pk)


def explain(request: HttpRequest, pk: int, body: shapes.Explaining) -> Difference:
    found = decidable(request, pk)
    actions.explain(found, body.reason, body.until, by=me(request))
    return one(request, DIFFERENCES, pk)
