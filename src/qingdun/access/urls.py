from __future__ import annotations

from django.urls import path

from qingdun.access import views

app_name = "access"
urlpatterns = [
    path("login/", views.login, name="login"),
    path("logout/", views.logout, name="logout"),
    path("password/", views.password, name="password"),
    path("accounts/", views.accounts, name="accounts"),
    path("accounts/roles/", views.role_matrix, name="roles"),
]
