from __future__ import annotations

from django.urls import path
from django.views.generic import RedirectView

from qingdun.logs.views import formats, search, sources, unread, workshop

app_name = "logs"
urlpatterns = [
    path("", RedirectView.as_view(pattern_name="logs:search", http_method_names=["get", "head"]), name="front"),
    path("search/", search.search, name="search"),
    path("search/over-time", search.over_time, name="search_over_time"),
    path("search/values/<str:field>", search.values, name="search_values"),
    path("search/events/<str:key>/", search.event, name="event"),
    path("search/add", search.add, name="search_add"),
    path("search/export", search.export, name="search_export"),
    path("search/save", search.save, name="search_save"),
    path("sources/", sources.index, name="sources"),
    path("sources/new", sources.create, name="source_new"),
    path("sources/<int:pk>/", sources.detail, name="source"),
    path("sources/<int:pk>/edit", sources.edit, name="source_edit"),
    path("sources/<int:pk>/token", sources.token, name="source_token"),
    path("unread/", unread.index, name="unread"),
    path("formats/", formats.index, name="formats"),
    path("formats/workshop", workshop.workshop, name="workshop"),
    path("formats/<slug:key>/", formats.detail, name="format"),
    path("formats/<slug:key>/remove", formats.remove, name="format_remove"),
]
