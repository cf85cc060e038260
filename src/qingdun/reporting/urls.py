from __future__ import annotations

from django.urls import path

from qingdun.reporting import views

app_name = "reporting"
urlpatterns = [path("", views.figures, name="figures")]
