from __future__ import annotations

from django.urls import path

from qingdun.operations import feeds
from qingdun.operations.views import blocks, deciding, enforcers, policies, protected, stopping
from qingdun.web.imports.views import routes

app_name = "operations"
urlpatterns = [
    path("blocks/", blocks.index, name="blocks"),
    path("blocks/new", blocks.create, name="block_new"),
    path("blocks/<int:pk>/", blocks.detail, name="block"),
    path("blocks/<int:pk>/extend", deciding.extend, name="block_extend"),
    path("policies/", policies.index, name="policies"),
    path("policies/<slug:key>/", policies.detail, name="policy"),
    path("policies/<slug:key>/mode", policies.mode, name="policy_mode"),
    path("policies/<slug:key>/replay", policies.replay, name="policy_replay"),
    path("protected/", protected.index, name="protected"),
    path("protected/new", protected.create, name="protected_new"),
    path("protected/ask", protected.ask, name="protected_ask"),
    path("protected/<int:pk>/", protected.detail, name="protected_one"),
    path("protected/<int:pk>/remove", protected.remove, name="protected_remove"),
    path("enforcers/", enforcers.index, name="enforcers"),
    path("enforcers/new", enforcers.choose, name="enforcer_new"),
    path("enforcers/new/<slug:kind>", enforcers.create, name="enforcer_create"),
    path("enforcers/<int:pk>/", enforcers.detail, name="enforcer"),
    path("enforcers/<int:pk>/edit", enforcers.edit, name="enforcer_edit"),
    path("enforcers/<int:pk>/read-back", enforcers.read_back, name="enforcer_read_back"),
    path("enforcers/<int:pk>/token", enforcers.token, name="enforcer_token"),
    path("placements/<int:pk>/retry", deciding.retry, name="placement_retry"),
    path("placements/<int:pk>/answer", deciding.answer, name="placement_answer"),
    path("stop/", stopping.stop, name="stop"),
    path("stop/resume", stopping.resume, name="resume"),
    path("feeds/<int:number>.txt", feeds.serve, name="feed"),
    *routes("operations"),
]
for key in deciding.ACTS:
    with_key = {"key": key}
    urlpatterns += [
        path(f"blocks/{key}", deciding.together, with_key, name=f"blocks_{key}"),
        path(f"blocks/<int:pk>/{key}", deciding.one, with_key, name=f"block_{key}"),
    ]
