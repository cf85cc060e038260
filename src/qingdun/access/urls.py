from __future__ import annotations

from django.urls import path

from qingdun.access.views import register, signing

app_name = "access"
urlpatterns = [
    path("login/", signing.login, name="login"),
    path("logout/", signing.logout, name="logout"),
    path("password/", signing.password, name="password"),
    path("accounts/", register.accounts, name="accounts"),
    path("accounts/roles/", register.role_matrix, name="roles"),
]
