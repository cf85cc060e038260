"""Routes: every room brings its own `urls.py`; the machine interface is put together in `api.py`."""

from __future__ import annotations

from django.urls import include, path

from qingdun.config.api import routes

urlpatterns = [
    path("", include("qingdun.web.urls")),
    path("", include("qingdun.access.urls")),
    path("audit/", include("qingdun.powers.audit_urls")),
    path("powers/", include("qingdun.powers.urls")),
    path("assets/", include("qingdun.inventory.urls")),
    path("detection/", include("qingdun.detection.urls")),
    path("operations/", include("qingdun.operations.urls")),
    path("logs/", include("qingdun.logs.urls")),
    path("reports/", include("qingdun.reporting.urls")),
    path("api/v1/", routes()),
]

handler400 = "qingdun.web.errors.bad_request"
handler403 = "qingdun.web.errors.forbidden"
handler404 = "qingdun.web.errors.not_found"
handler500 = "qingdun.web.errors.server_error"
