"""情报指标: one thing to look for, in the one form in which it is stored and compared.

`read` turns what a feed wrote into a `Value`, or says why it cannot be one: nothing reaches the matcher that would meet
our own traffic, private addresses or half the internet.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network, ip_network
from socket import inet_aton
from urllib.parse import urlsplit

from qingdun.detection.core.indicators_suffixes import is_public

Network = IPv4Network | IPv6Network

WIDEST = {4: 8, 6: 20}  # prefix lengths; what is wider says nothing about who is there
LONGEST = 800  # characters of a value; more does not fit into an index


class Kind(StrEnum):
    """What sort of thing it is; a domain stands for its subdomains too."""

    ADDRESS = "address"
    NETWORK = "network"
    DOMAIN = "domain"
    URL = "url"
    MD5 = "md5"
    SHA1 = "sha1"
    SHA256 = "sha256"


#: What it is known for → its Chinese name. `threat.indicator.type` holds the key.
CATEGORIES = {
    "c2": "远程控制",
    "botnet": "僵尸网络",
    "mining": "挖矿",
    "ransomware": "勒索",
    "malware": "恶意程序",
    "phishing": "钓鱼",
    "scanner": "扫描",
    "bruteforce": "暴力破解",
    "anonymizer": "匿名代理",
    "spam": "垃圾邮件",
    "other": "其他",
}


class Refused(ValueError):
    """What was given cannot be an indicator; the message is shown as it stands. `why`: the same for all of its sort."""

    def __init__(self, message: str, why: str = "") -> None:
        self.why = why or message
        super().__init__(message)


@dataclass(frozen=True, slots=True, order=True)
class Value:
    """An indicator in normal form."""

    kind: Kind
    value: str


_RESERVED: tuple[tuple[Network, str], ...] = tuple(
    (ip_network(text), why)
    for text, why in (
        ("0.0.0.0/8", "未指定地址"),
        ("10.0.0.0/8", "私有地址"),
        ("100.64.0.0/10", "运营商共享地址"),
        ("127.0.0.0/8", "本机回环地址"),
        ("169.254.0.0/16", "链路本地地址"),
        ("172.16.0.0/12", "私有地址"),
        ("192.0.0.0/24", "保留地址"),
        ("192.168.0.0/16", "私有地址"),
        ("224.0.0.0/4", "组播地址"),
        ("240.0.0.0/4", "保留地址"),
        ("::/127", "未指定或回环地址"),
        ("64:ff9b::/96", "地址转换前缀"),
        ("fc00::/7", "私有地址"),
        ("fe80::/10", "链路本地地址"),
        ("ff00::/8", "组播地址"),
    )
)  # the ranges for documentation pass: nobody has them, and examples are written with them

_FOUR = sorted((int(one.network_address), int(one.broadcast_address)) for one, _why in _RESERVED if one.version == 4)
_STARTS, _ENDS = [start for start, _end in _FOUR], [end for _start, end in _FOUR]
_OCTET = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_PLAIN = re.compile(rf"(?:{_OCTET}\.){{3}}{_OCTET}").fullmatch

_HASHES = {32: Kind.MD5, 40: Kind.SHA1, 64: Kind.SHA256}
_HEX = re.compile(r"[0-9a-f]+").fullmatch
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?").fullmatch
_ADDRESS = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}|[0-9a-fA-F:]*:[0-9a-fA-F:.]*").fullmatch
_NETWORK = re.compile(r"(\d{1,3}(?:\.\d{1,3}){3}|[0-9a-fA-F:]*:[0-9a-fA-F:.]*)/\d{1,3}").fullmatch
_FANGS = (("hxxp", "http"), ("[.]", "."), ("(.)", "."), ("[:]", ":"), ("[dot]", "."))


def read(text: str, kind: str = "") -> Value:
    """The normal form; `kind` empty: what it looks like. Raises `Refused`."""
    text = refang(text)
    if not text:
        raise Refused("是空的")
    if len(text) > LONGEST:
        raise Refused(f"有 {len(text)} 个字符，超过 {LONGEST}", "太长")
    guessed = Kind(kind) if kind else guess(text)
    match guessed:
        case Kind.ADDRESS | Kind.NETWORK:
            return _network(text)
        case Kind.DOMAIN:
            return Value(Kind.DOMAIN, domain(text))
        case Kind.URL:
            return Value(Kind.URL, url(text))
        case Kind.MD5 | Kind.SHA1 | Kind.SHA256:
            return _hash(text, guessed)


def refang(text: str) -> str:
    """Without the brackets that keep a reader from clicking on it."""
    text = text.strip().strip("\"'")
    for fang, plain in _FANGS:
        text = text.replace(fang, plain)
    return text


def guess(text: str) -> Kind:
    """What a bare value looks like. Raises `Refused` when like nothing."""
    if "://" in text:
        return Kind.URL
    if _ADDRESS(text) or _NETWORK(text):
        return Kind.ADDRESS
    if len(text) in _HASHES and _HEX(text.lower()):
        return _HASHES[len(text)]
    if "/" in text.rstrip("/"):
        return Kind.URL
    if "." in text:
        return Kind.DOMAIN
    raise Refused(f"“{shown(text)}”不像地址、网段、域名、URL 或文件散列", "不像任何一类情报")


def network(text: str) -> Network:
    """An address or network as a network, an IPv4 address in IPv6 clothes undressed. Raises `Refused`."""
    try:
        found = ip_network(text.strip(), strict=False)
    except ValueError:
        raise Refused(f"“{shown(text)}”不是地址或网段", "不是地址或网段") from None
    mapped = getattr(found.network_address, "ipv4_mapped", None)
    return ip_network((mapped, max(found.prefixlen - 96, 0))) if mapped and found.prefixlen >= 96 else found


def _network(text: str) -> Value:
    if _PLAIN(text) and not _is_reserved(int.from_bytes(inet_aton(text))):  # nearly all: ten times as fast
        return Value(Kind.ADDRESS, text)
    found = network(text)
    for reserved, why in _RESERVED:
        if found.version == reserved.version and found.overlaps(reserved):
            said = f"{found.network_address} 是" if found.num_addresses == 1 else f"网段 {found} 含有"
            raise Refused(f"{said}{why}（{reserved}），不能作情报", why)
    if found.prefixlen < WIDEST[found.version]:
        raise Refused(f"网段 {found} 太宽（IPv{found.version} 最宽 /{WIDEST[found.version]}）", "网段太宽")
    if found.prefixlen == found.max_prefixlen:
        return Value(Kind.ADDRESS, str(found.network_address))
    return Value(Kind.NETWORK, str(found))


def _is_reserved(number: int) -> bool:
    at = bisect_right(_STARTS, number) - 1
    return at >= 0 and number <= _ENDS[at]


def domain(text: str) -> str:
    """In lower case and ASCII, without `*.` and the last dot. Raises `Refused`."""
    name = text.lower().removeprefix("*.").strip(".")
    if not name.isascii():
        try:
            name = name.encode("idna").decode()
        except UnicodeError:
            raise Refused(f"“{shown(text)}”不是域名", "不是域名") from None
    labels = name.split(".")
    if len(name) > 253 or not all(map(_LABEL, labels)) or labels[-1].isdigit():
        raise Refused(f"“{shown(text)}”不是域名", "不是域名")
    if is_public(name):
        raise Refused(f"{name} 是公共后缀或共享服务的域名，会牵连无关的网站", "公共后缀或共享服务的域名")
    return name


def url(text: str) -> str:
    """Scheme and host in lower case, without user, default port and fragment. Raises `Refused`."""
    if "://" not in text:
        text = f"http://{text}"
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise Refused(f"“{shown(text)}”不是 URL", "不是 URL") from None
    if not host or any(char.isspace() for char in text):
        raise Refused(f"“{shown(text)}”不是 URL", "不是 URL")
    if _ADDRESS(host):
        host = _network(host).value
    else:
        try:
            host = domain(host)
        except Refused:
            if not is_public(host) or "." not in host:
                raise
    at = f":{port}" if port and port != {"http": 80, "https": 443, "ftp": 21}.get(parts.scheme) else ""
    named = f"[{host}]" if ":" in host else host
    return f"{parts.scheme.lower()}://{named}{at}{parts.path or '/'}{'?' + parts.query if parts.query else ''}"


def url_key(text: str) -> str:
    """What of a URL is compared: host, port, path and query; http and https are one. Empty for what is no URL."""
    try:
        parts = urlsplit(text)
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        return ""
    at = f":{port}" if port and port not in (80, 443) else ""
    named = f"[{host}]" if ":" in host else host
    return f"{named}{at}{parts.path or '/'}{'?' + parts.query if parts.query else ''}" if host else ""


def _hash(text: str, kind: Kind) -> Value:
    value = text.lower()
    if not _HEX(value) or _HASHES.get(len(value)) is not kind:
        raise Refused(f"“{shown(text)}”不是 {kind.upper()} 散列", "不是文件散列")
    if value in _EMPTY:
        raise Refused(f"{value} 是空文件的散列", "空文件的散列")
    return Value(kind, value)


_EMPTY = {
    "d41d8cd98f00b204e9800998ecf8427e",
    "da39a3ee5e6b4b0d3255bfef95601890afd80709",
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
}


def shown(text: str) -> str:
    """So much of it as fits into a sentence."""
    return text if len(text) <= 80 else text[:79] + "…"
