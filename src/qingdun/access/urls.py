from __future__ import annotations

from django.urls import path

from qingdun.access.views import doors, factors, signing

app_name = "access"
urlpatterns = [
    path("login/", signing.login, name="login"),
    path("login/factor/", factors.answer, name="answer"),
    path("login/door/<slug:key>/", doors.enter, name="door"),
    path("login/door/<slug:key>/back/", doors.back, name="door_back"),
    path("login/door/<slug:key>/acs/", doors.acs, name="door_acs"),
    path("login/door/<slug:key>/metadata/", doors.metadata, name="door_metadata"),
    path("logout/", signing.logout, name="logout"),
    path("password/", signing.password, name="password"),
    path("factors/", factors.own, name="factors"),
    path("factors/again/", factors.again, name="again"),
    path("factors/app/", factors.totp, name="totp"),
    path("factors/key/", factors.key, name="key"),
    path("factors/codes/", factors.codes, name="codes"),
    path("factors/sessions/", factors.end_sessions, name="end_sessions"),
    path("factors/remove/", factors.remove, name="remove_factor"),
]
