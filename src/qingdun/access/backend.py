"""Django's door to `access.policy`: `user.has_perm`, `{{ perms }}` and the login form all end here."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import ModelBackend

from qingdun.access import policy
from qingdun.access.models import Account


class GrantBackend(ModelBackend):
    """Checks passwords as Django does, with the same work for an unknown name; the grants answer everything else."""

    def get_user(self, user_id: Any) -> Account | None:
        """With the person, whose name the header of every page shows."""
        account = Account.objects.select_related("person").filter(pk=user_id).first()
        return account if account and self.user_can_authenticate(account) else None

    def has_perm(self, user_obj: Any, perm: str, obj: Any = None) -> bool:
        return policy.may(user_obj, perm, obj)

    def has_module_perms(self, user_obj: Any, app_label: str) -> bool:
        return False

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        return set()
