from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.password_validation import password_validators_help_texts, validate_password
from django.utils.translation import gettext_lazy as _

from qingdun.access.models import Account


class LoginForm(forms.Form):
    username = forms.CharField(
        label=_("账号"),
        max_length=40,
        widget=forms.TextInput(
            {"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false", "autofocus": True}
        ),
    )
    password = forms.CharField(
        label=_("口令"),
        max_length=128,
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "current-password"}),
    )

    def clean_username(self) -> str:
        """Account names are lower case; what a phone's keyboard made of one does not matter."""
        return str(self.cleaned_data["username"]).lower()


class PasswordForm(forms.Form):
    """A person's own change of password. Whether the current one is right is for the view to ask."""

    current = forms.CharField(
        label=_("现在的口令"),
        max_length=128,
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "current-password"}),
    )
    new = forms.CharField(
        label=_("新口令"), max_length=128, strip=False, widget=forms.PasswordInput({"autocomplete": "new-password"})
    )
    again = forms.CharField(
        label=_("再输一遍新口令"),
        max_length=128,
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
    )

    def __init__(self, account: Account, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.account = account

    @property
    def rules(self) -> list[str]:
        """What the new password must obey, for the page to show before anybody types."""
        return [*map(_in_our_words, password_validators_help_texts()), str(_("不能与现在的口令相同。"))]

    def clean_new(self) -> str:
        new = str(self.cleaned_data["new"])
        try:
            validate_password(new, self.account)
        except forms.ValidationError as broken:
            raise forms.ValidationError([_in_our_words(message) for message in broken.messages]) from None
        if new == self.cleaned_data.get("current"):
            raise forms.ValidationError(_("新口令不能与现在的口令相同。"))
        return new

    def clean(self) -> None:
        if {"new", "again"} <= set(self.cleaned_data) and self.cleaned_data["new"] != self.cleaned_data["again"]:
            self.add_error("again", _("两遍新口令不一致。"))


def _in_our_words(text: str) -> str:
    """Django says 密码; here that word is cryptography (密码法), and a password is 口令 as in the standards.

    Its typographic apostrophe is a full-width character in Chinese fonts.
    """
    return text.replace("你的密码", "口令").replace("密码", "口令").replace("’", "'")


class CodeForm(forms.Form):
    """Six digits of the app, or one of the recovery codes."""

    code = forms.CharField(
        label=_("验证码"),
        max_length=20,
        widget=forms.TextInput({"autocomplete": "one-time-code", "inputmode": "numeric", "autofocus": True}),
    )


class ConfirmForm(forms.Form):
    """The password again, for an account without a second factor."""

    password = forms.CharField(
        label=_("口令"),
        max_length=128,
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "current-password", "autofocus": True}),
    )
