"""Fetching over HTTP: bounded in time and size, and never led into the own network by somebody else's redirect.

A proxy is taken from the environment (`HTTPS_PROXY`, `NO_PROXY`); then the proxy finds the host, and only addresses
written as such are looked at here.
"""

from __future__ import annotations

import time
from base64 import b64encode
from collections.abc import Mapping
from ipaddress import ip_address
from socket import gaierror, getaddrinfo
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
from requests.utils import get_environ_proxies

from qingdun.detection.intelligence.files import LARGEST
from qingdun.detection.intelligence.taken import Unreadable
from qingdun.lib import environment

CONNECT, READ, WHOLE = 10, 60, 900  # seconds: to connect, between two pieces, for one answer
REDIRECTS = 5
PIECE = 1 << 16
Answered = Mapping[str, str]


class Client:
    """Asks for one feed. `credential`: user:password, or a token; it is shown to no other host than the first."""

    def __init__(self, *, inside: bool, credential: str = "") -> None:
        self._inside = inside
        self._credential = credential

    def get(self, url: str, headers: Mapping[str, str] | None = None, params: Any = None) -> tuple[bytes, Answered]:
        """The body and the headers of an answer of 200. Raises `Unreadable`."""
        at, known = url, urlsplit(url).netloc
        for _hop in range(REDIRECTS + 1):
            answer = self._ask(at, headers, params, trusted=urlsplit(at).netloc == known)
            with answer:
                if not answer.is_redirect:
                    return self._body(answer, at), answer.headers
                at, params = urljoin(at, answer.headers["Location"]), None
        raise Unreadable(f"{shown(url)} 转了 {REDIRECTS} 次还没到，请核对网址")

    def _ask(self, url: str, headers: Mapping[str, str] | None, params: Any, *, trusted: bool) -> Any:
        proxies = get_environ_proxies(url)
        _check(url, self._inside, proxied=bool(proxies))
        session = requests.Session()
        session.trust_env = False  # no passwords from somebody's .netrc; the proxies are handed in
        sent = {"User-Agent": "qingdun", **(headers or {})}
        if trusted and self._credential:
            sent["Authorization"] = _authorization(self._credential)
        bounds = {"timeout": (CONNECT, READ), "stream": True, "allow_redirects": False}
        try:
            return session.get(url, headers=sent, params=params, proxies=proxies, **bounds)
        except requests.RequestException as error:
            raise Unreadable(f"取不到 {shown(url)}：{_words(error)}") from None

    def _body(self, answer: Any, url: str) -> bytes:
        if answer.status_code != 200:
            raise Unreadable(f"{shown(url)} 应答 HTTP {answer.status_code}{_advice(answer.status_code)}")
        try:
            return _whole(answer, url)
        except requests.RequestException as error:
            raise Unreadable(f"取不到 {shown(url)}：{_words(error)}") from None


def _authorization(credential: str) -> str:
    """`user:password` as Basic, a token alone as Bearer, `Scheme token` as it stands."""
    if " " in credential:
        return credential
    if ":" in credential:
        return f"Basic {b64encode(credential.encode()).decode()}"
    return f"Bearer {credential}"


def _check(url: str, inside: bool, *, proxied: bool) -> None:
    """Raises `Unreadable` for an address in the own network, unless the feed may go there."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Unreadable(f"{shown(url)} 不是 http 或 https 网址")
    if inside:
        return
    for address in _addresses(parts.hostname, proxied):
        found = ip_address(address.partition("%")[0])
        found = getattr(found, "ipv4_mapped", None) or found
        if not found.is_global or found.is_multicast:
            raise Unreadable(f"{shown(url)} 指向内网地址 {found}；确需从内网获取，请在情报源上勾选“网址在内网”")


def _addresses(host: str, proxied: bool) -> list[str]:
    try:
        return [str(ip_address(host))]
    except ValueError:
        pass
    if proxied:
        return []
    try:
        return sorted({str(one[4][0]) for one in getaddrinfo(host, None)})
    except (gaierror, UnicodeError):
        raise Unreadable(f"找不到主机 {host}，请核对网址与域名解析") from None


def _whole(answer: Any, url: str) -> bytes:
    """Read to the end, if it comes in time and is not too large."""
    largest = environment.number("QINGDUN_FEED_LARGEST", LARGEST >> 20, least=1) << 20
    until, pieces, size = time.monotonic() + WHOLE, [], 0
    for piece in answer.iter_content(PIECE):
        size += len(piece)
        if size > largest:
            raise Unreadable(f"{shown(url)} 超过 {largest >> 20} MB，没有导入；可用 QINGDUN_FEED_LARGEST 放宽")
        if time.monotonic() > until:
            raise Unreadable(f"{shown(url)} {WHOLE} 秒还没有传完，没有导入")
        pieces.append(piece)
    return b"".join(pieces)


def shown(url: str) -> str:
    """Without what may be secret: user, password and query."""
    parts = urlsplit(url)
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{parts.hostname or ''}{port}{parts.path}"


def _advice(status: int) -> str:
    return {401: "，请核对凭据", 403: "，请核对凭据", 404: "，请核对网址"}.get(status, "")


def _words(error: Exception) -> str:
    match error:
        case requests.exceptions.SSLError():
            return "证书不可信"
        case requests.ConnectTimeout():
            return f"{CONNECT} 秒没有连上"
        case requests.ReadTimeout():
            return f"{READ} 秒没有传来数据"
        case requests.ConnectionError():
            return "连接失败或中断"
    return type(error).__name__
