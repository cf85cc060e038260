from __future__ import annotations

from django.urls import URLPattern

app_name = "powers"
urlpatterns: list[URLPattern] = []
