"""Every refusal of the machine interface in one shape, `application/problem+json` (RFC 9457).

`type` leads to the section of `/api/` that explains this kind of problem.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

MEDIA = "application/problem+json"
PREFIX = "/api/#"

#: Kind of problem by status, with its title. A status without an entry is named by the nearest hundred.
KINDS: Mapping[int, tuple[str, str | Promise]] = {
    400: ("bad-request", gettext_lazy("请求看不懂")),
    401: ("not-signed-in", gettext_lazy("没有表明身份")),
    403: ("forbidden", gettext_lazy("没有权限")),
    404: ("not-found", gettext_lazy("没有这样的东西")),
    405: ("method-not-allowed", gettext_lazy("不支持这个方法")),
    409: ("conflict", gettext_lazy("与别的请求冲突")),
    413: ("too-large", gettext_lazy("内容太大")),
    415: ("unsupported-media-type", gettext_lazy("不支持这种内容类型")),
    422: ("refused", gettext_lazy("内容不合规则")),
    429: ("too-many-requests", gettext_lazy("请求太频繁")),
    500: ("server-error", gettext_lazy("服务出错")),
    503: ("unavailable", gettext_lazy("暂时不能答复")),
}
#: Kinds that are told apart although they share a status, with their titles.
SPECIAL: Mapping[str, str | Promise] = {
    "token-unknown": gettext_lazy("令牌无效"),
    "token-expired": gettext_lazy("令牌已到期"),
    "token-revoked": gettext_lazy("令牌已作废"),
    "token-owner": gettext_lazy("令牌的账号不能使用"),
    "person-only": gettext_lazy("须本人登录办理"),
    "key-reused": gettext_lazy("幂等键已用于别的内容"),
    "in-progress": gettext_lazy("同一幂等键的请求还在处理"),
    "answered-once": gettext_lazy("结果只显示一次"),
}
WORDS: Mapping[int, str | Promise] = {
    401: gettext_lazy("请先登录，或带上接口令牌（Authorization: Bearer …）。"),
    404: gettext_lazy("没有这个地址或这条记录，也可能不在您的范围之内。"),
    405: gettext_lazy("可用的方法见应答头 Allow。"),
    500: gettext_lazy("服务器没能完成请求，已记入日志；请稍后再试。"),
}


def problem(
    request: HttpRequest,
    status: int,
    detail: object = "",
    *,
    kind: str = "",
    errors: Mapping[str, Sequence[str]] | None = None,
    wait: float = 0,
) -> HttpResponse:
    """A refusal. `wait`: seconds after which it may be tried again."""
    usual, title = KINDS.get(status) or KINDS[500 if status >= 500 else 400]
    body: dict[str, Any] = {
        "type": PREFIX + (kind or usual),
        "title": str(SPECIAL[kind] if kind else title),
        "status": status,
        "detail": str(detail or WORDS.get(status, title)),
        "instance": request.path,
    }
    if errors:
        body["errors"] = errors
    response = HttpResponse(json.dumps(body, ensure_ascii=False), content_type=MEDIA, status=status)
    if status == 401:
        response["WWW-Authenticate"] = 'Bearer realm="qingdun"'
    if wait:
        response["Retry-After"] = str(max(1, round(wait + 0.5)))
    return response


def as_problem(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    """What some layer refused in its own shape, in ours; headers that say how to go on are kept."""
    if response.status_code < 400 or response.headers.get("Content-Type", "").startswith(MEDIA):
        return response
    said = problem(request, response.status_code, _said(response))
    for name in ("Allow", "Retry-After"):
        if name in response.headers:
            said[name] = response.headers[name]
    said.cookies = response.cookies
    return said


def _said(response: HttpResponseBase) -> str:
    """The words of a JSON refusal; a page's words are for people at a screen."""
    if not isinstance(response, HttpResponse) or "json" not in response.headers.get("Content-Type", ""):
        return ""
    try:
        found = json.loads(response.content)
    except ValueError:
        return ""
    detail = found.get("detail", "") if isinstance(found, dict) else ""
    return detail if isinstance(detail, str) else ""


def by_field(errors: Sequence[Mapping[str, Any]]) -> dict[str, list[str]]:
    """pydantic's faults by the field's own name, in the reader's language."""
    found: dict[str, list[str]] = {}
    for error in errors:
        found.setdefault(_name(error.get("loc", ())), []).append(_words(error))
    return found


def _name(place: Sequence[object]) -> str:
    """`("body", "given", "addresses", 0)` is `addresses.0`: without where it stood and our parameter's name."""
    parts = [str(part) for part in place]
    return ".".join(parts[2:] if parts[:1] == ["body"] else parts[1:])


def _words(error: Mapping[str, Any]) -> str:
    context = error.get("ctx") or {}
    match str(error.get("type", "")):
        case "missing":
            return _("必须填写。")
        case "extra_forbidden":
            return _("没有这个字段。")
        case "int_parsing" | "int_type" | "int_from_float":
            return _("应为整数。")
        case "bool_parsing" | "bool_type":
            return _("应为 true 或 false。")
        case "string_type":
            return _("应为文字。")
        case "list_type":
            return _("应为列表。")
        case "dict_type" | "model_type" | "model_attributes_type":
            return _("应为 JSON 对象。")
        case "greater_than_equal":
            return _("不得小于 %s。") % context.get("ge")
        case "less_than_equal":
            return _("不得大于 %s。") % context.get("le")
        case "string_too_long" | "too_long":
            return _("不得长于 %s。") % context.get("max_length")
        case "string_too_short" | "too_short":
            return _("不得短于 %s。") % context.get("min_length")
        case "enum" | "literal_error":
            return _("应为其中之一：%s。") % context.get("expected")
        case kind if kind.startswith("date"):
            return _("应为日期或时间，如 2026-01-31 或 2026-01-31T08:00:00+08:00。")
        case _:
            return str(error.get("msg", ""))
