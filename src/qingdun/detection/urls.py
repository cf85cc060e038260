from __future__ import annotations

from django.urls import path

from qingdun.detection.views import alerts, attacks, bench, feeds, intelligence, rules, suppressions

app_name = "detection"
urlpatterns = [
    path("bench/", bench.bench, name="bench"),
    path("rules/", rules.index, name="rules"),
    path("rules/new", rules.create, name="rule_new"),
    path("rules/<str:rule>/", rules.detail, name="rule"),
    path("rules/<str:rule>/change", rules.change, name="rule_change"),
    path("attacks/", attacks.index, name="attacks"),
    path("alerts/", alerts.index, name="alerts"),
    path("alerts/take", alerts.take, name="alerts_take"),
    path("alerts/together", alerts.together, name="alerts_together"),
    path("alerts/<int:pk>/", alerts.detail, name="alert"),
    path("alerts/<int:pk>/judge", alerts.judged, name="alert_judge"),
    path("alerts/<int:pk>/become", alerts.becoming, name="alert_become"),
    path("intelligence/", intelligence.index, name="indicators"),
    path("intelligence/new", intelligence.create, name="indicator_new"),
    path("intelligence/stix", intelligence.stix, name="indicators_stix"),
    path("intelligence/<int:pk>/", intelligence.detail, name="indicator"),
    path("intelligence/<int:pk>/mark", intelligence.marked, name="indicator_mark"),
    path("intelligence/<int:pk>/unmark", intelligence.unmarked, name="indicator_unmark"),
    path("intelligence/feeds/", feeds.index, name="feeds"),
    path("intelligence/feeds/new", feeds.create, name="feed_new"),
    path("intelligence/feeds/<int:pk>/", feeds.detail, name="feed"),
    path("intelligence/feeds/<int:pk>/edit", feeds.edit, name="feed_edit"),
    path("intelligence/feeds/<int:pk>/run", feeds.run, name="feed_run"),
    path("intelligence/feeds/<int:pk>/upload", feeds.upload, name="feed_upload"),
    path("intelligence/feeds/<int:pk>/accept", feeds.accept, name="feed_accept"),
    path("suppressions/", suppressions.index, name="suppressions"),
    path("suppressions/new", suppressions.create, name="suppression_new"),
    path("suppressions/<int:pk>/", suppressions.detail, name="suppression"),
    path("suppressions/<int:pk>/measure", suppressions.measure, name="suppression_measure"),
    path("suppressions/<int:pk>/begin", suppressions.begin, name="suppression_begin"),
    path("suppressions/<int:pk>/end", suppressions.end, name="suppression_end"),
]
