from __future__ import annotations

from django.urls import path

from qingdun.inventory import coverage, reconciliation, unitpages, views
from qingdun.inventory.listings import DIFFERENCES, UNITS
from qingdun.web.imports.views import routes

app_name = "inventory"
urlpatterns = [
    path("differences/", views.index, {"listing": DIFFERENCES}, name="differences"),
    path("differences/lists", reconciliation.snapshots, name="snapshots"),
    path("differences/<int:pk>/", reconciliation.difference, name="difference"),
    path("differences/<int:pk>/accept", reconciliation.accept, name="difference_accept"),
    path("differences/<int:pk>/explain", reconciliation.explain, name="difference_explain"),
    path("coverage/", coverage.page, name="coverage"),
    path("units/", views.index, {"listing": UNITS}, name="units"),
    path("units/new", views.create_a_unit, name="unit_new"),
    path("units/<int:pk>/", views.unit, name="unit"),
    path("units/<int:pk>/rename", unitpages.rename, name="unit_rename"),
    path("units/<int:pk>/move", unitpages.move, name="unit_move"),
    path("units/<int:pk>/merge", unitpages.merge_page, name="unit_merge"),
    path("units/<int:pk>/history", views.unit_history, name="unit_history"),
    path("systems/<int:pk>/stage", views.stage, {"kind": views.SYSTEM}, name="system_stage"),
    *routes("inventory"),
]
for kind in views.KINDS:
    base, with_kind = f"{kind.key}s/", {"kind": kind}
    urlpatterns += [
        path(base, views.index, {"listing": kind.listing}, name=f"{kind.key}s"),
        path(f"{base}new", views.create, with_kind, name=f"{kind.key}_new"),
        path(f"{base}<int:pk>/", views.detail, with_kind, name=kind.key),
        path(f"{base}<int:pk>/history", views.history, with_kind, name=f"{kind.key}_history"),
        path(f"{base}<int:pk>/edit", views.edit, with_kind, name=f"{kind.key}_edit"),
        path(f"{base}<int:pk>/retire", views.retire, with_kind, name=f"{kind.key}_retire"),
        path(f"{base}<int:pk>/remove", views.remove, with_kind, name=f"{kind.key}_remove"),
    ]
