"""What django-allauth asks of the house: secrets are stored encrypted, keys belong to this host, nobody signs up."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet
from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext as _


class Accounts(DefaultAccountAdapter):  # type: ignore[misc]  # untyped
    """Accounts are registered by the system administrator; there is no other way in."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False


class Factors(DefaultMFAAdapter):  # type: ignore[misc]  # untyped
    """Secrets are encrypted under the installation's key: a copy of the database alone gives no codes."""

    def encrypt(self, text: str) -> str:
        return _cipher().encrypt(text.encode()).decode("ascii")

    def decrypt(self, encrypted_text: str) -> str:
        return _cipher().decrypt(encrypted_text.encode("ascii")).decode()

    def get_totp_issuer(self) -> str:
        return "清盾"

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        return {"id": context.request.get_host().rpartition(":")[0] or context.request.get_host(), "name": "清盾"}

    def get_public_key_credential_user_entity(self, user: Any) -> dict[str, Any]:
        return {"id": str(user.pk).encode("ascii"), "name": user.username, "display_name": user.person.name}

    def send_notification_mail(self, *args: Any, **kwargs: Any) -> None:
        """No mail flows: what happens to a factor is on record."""

    def generate_authenticator_name(self, user: Any, type: Any) -> str:
        return _("安全密钥")


def _cipher() -> Fernet:
    key = hashlib.sha256(b"qingdun.access.factors" + settings.SECRET_KEY.encode()).digest()
    return Fernet(base64.urlsafe_b64encode(key))
