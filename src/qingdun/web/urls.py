from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.urls import path
from django.views.decorators.http import require_POST
from django.views.i18n import set_language

from qingdun.web import jobpage, messagebox, personal, views
from qingdun.web.machine.reference import reference

app_name = "web"
urlpatterns = [
    path("", views.workbench, name="workbench"),
    path("search", views.search, name="search"),
    path("system/jobs/", jobpage.page, name="jobs"),
    path("system/jobs/<str:key>/run", jobpage.run_now, name="run_job"),
    path("api/", reference, name="api"),
    path("messages/", messagebox.box, name="messages"),
    path("messages/read", messagebox.read_all, name="read_messages"),
    path("messages/<int:pk>/", messagebox.opened, name="message"),
    path("system/channels/", messagebox.channel_page, name="channels"),
    path("system/channels/<str:key>/try", messagebox.try_channel, name="try_channel"),
    path("personal/<str:kind>/<int:pk>/<slug:name>", personal.page, name="personal"),
    path("language", login_not_required(require_POST(set_language)), name="language"),
]
