from __future__ import annotations

from django.urls import path

from qingdun.reporting import views
from qingdun.reporting.situation import screen
from qingdun.reporting.situation import views as situation

app_name = "reporting"
urlpatterns = [
    path("", views.figures, name="figures"),
    path("situation/", situation.situation, name="situation"),
    path("screen/", screen.screen, name="screen"),
]
