"""The addresses of the audit record, where they have always been: `/audit/…`."""

from __future__ import annotations

from django.urls import path

from qingdun.powers.views import audit, integrity

app_name = "audit"
urlpatterns = [
    path("", audit.entries, name="entries"),
    path("<int:sequence>/", audit.entry, name="entry"),
    path("auditors/", audit.auditors, name="auditors"),
    path("mine/", audit.mine, name="mine"),
    path("export/", audit.export, name="export"),
    path("report/", integrity.report, name="report"),
    path("report/key", integrity.public_key, name="public_key"),
    path("verify/", integrity.verify, name="verify"),
]
