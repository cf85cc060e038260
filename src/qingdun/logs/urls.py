from __future__ import annotations

app_name = "logs"
urlpatterns: list[object] = []
