from __future__ import annotations

from django.urls import path

from qingdun.detection.views import alerts

app_name = "detection"
urlpatterns = [
    path("alerts/", alerts.index, name="alerts"),
    path("alerts/take", alerts.take, name="alerts_take"),
    path("alerts/together", alerts.together, name="alerts_together"),
    path("alerts/<int:pk>/", alerts.detail, name="alert"),
    path("alerts/<int:pk>/judge", alerts.judged, name="alert_judge"),
    path("alerts/<int:pk>/become", alerts.becoming, name="alert_become"),
]
