from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.urls import path
from django.views.i18n import set_language

from qingdun.web import views

app_name = "web"
urlpatterns = [
    path("", views.workbench, name="workbench"),
    path("search", views.search, name="search"),
    path("language", login_not_required(set_language), name="language"),
]
