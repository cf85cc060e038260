"""The machine interface itself: `NinjaAPI` with our way of refusing, reading and describing."""

from __future__ import annotations

import logging
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.exceptions import ValidationError as Invalid
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError
from ninja.security import SessionAuth
from ninja.security.base import AuthBase

from qingdun.web.machine.document import completed
from qingdun.web.machine.problems import by_field, problem
from qingdun.web.machine.strict import Strict

logger = logging.getLogger("qingdun.web")


class Bearer(AuthBase):
    """`Authorization: Bearer qd_…`. The door read and checked it; see `door`."""

    openapi_type = "http"
    openapi_scheme = "bearer"

    def __call__(self, request: HttpRequest) -> Any:
        return getattr(request, "token", None)


class Session(SessionAuth):
    """The cookie of a signed-in person; a write then needs the CSRF token too."""

    def authenticate(self, request: HttpRequest, key: str | None) -> Any:
        return None if getattr(request, "token", None) else super().authenticate(request, key)


class Machine(NinjaAPI):
    def __init__(self, **given: Any) -> None:
        super().__init__(auth=[Bearer(), Session()], parser=Strict(), docs_url=None, openapi_url=None, **given)
        for kind, handler in _HANDLERS.items():
            self.add_exception_handler(kind, handler)
        self._document: dict[str, Any] | None = None
        _standing.append(self)

    def get_openapi_schema(self, *, path_prefix: str | None = None, path_params: Any = None) -> Any:
        """The whole document, made once."""
        if self._document is None:
            self._document = completed(super().get_openapi_schema(path_prefix=path_prefix, path_params=path_params))
        return self._document


_standing: list[Machine] = []


def standing() -> Machine:
    """The interface of this installation, which `config` puts together above all rooms."""
    return _standing[-1]


def _said(request: HttpRequest, error: HttpError) -> HttpResponse:
    if isinstance(error.__cause__, HttpError):  # ninja words every fault of a parser as its own
        error = error.__cause__
    return problem(request, error.status_code, "" if error.status_code == 401 else str(error))


def _unprocessable(request: HttpRequest, error: ValidationError) -> HttpResponse:
    errors = by_field(error.errors)
    return problem(request, 422, _first(errors), errors=errors)


def _invalid(request: HttpRequest, error: Invalid) -> HttpResponse:
    errors = error.message_dict if hasattr(error, "error_dict") else {"": error.messages}
    named = {"" if name == "__all__" else name: list(texts) for name, texts in errors.items()}
    return problem(request, 422, _first(named), errors=named)


def _first(errors: dict[str, list[str]]) -> str:
    """The first fault in one line, so that `detail` alone already says what, where and what to do."""
    name, texts = next(iter(errors.items()))
    return f"{name}：{texts[0]}" if name else texts[0]


def _forbidden(request: HttpRequest, error: PermissionDenied) -> HttpResponse:
    return problem(request, 403, str(error))


def _absent(request: HttpRequest, error: Http404) -> HttpResponse:
    return problem(request, 404)


def _failed(request: HttpRequest, error: Exception) -> HttpResponse:
    logger.error("%s %s failed", request.method, request.path, exc_info=error)
    return problem(request, 500)


def _busy(request: HttpRequest, error: OperationalError) -> HttpResponse:
    if "locked" not in str(error):
        return _failed(request, error)
    return problem(request, 503, wait=5)


_HANDLERS: dict[type[Exception], Any] = {
    HttpError: _said,
    ValidationError: _unprocessable,
    Invalid: _invalid,
    PermissionDenied: _forbidden,
    Http404: _absent,
    OperationalError: _busy,
    Exception: _failed,
}
