from __future__ import annotations

import pytest

from qingdun.detection.core.indicators import Kind, Refused, read, url_key

MD5, SHA1, SHA256 = "9e107d9d372bb6826bd81d3542a419d6", "a" * 40, "b" * 64


@pytest.mark.parametrize(
    ("given", "kind", "value"),
    [
        ("203.0.113.7", Kind.ADDRESS, "203.0.113.7"),
        (" 203.0.113[.]7 ", Kind.ADDRESS, "203.0.113.7"),
        ("203.0.113.7/32", Kind.ADDRESS, "203.0.113.7"),
        ("::ffff:203.0.113.7", Kind.ADDRESS, "203.0.113.7"),
        ("203.0.113.77/24", Kind.NETWORK, "203.0.113.0/24"),
        ("2001:DB8::0001", Kind.ADDRESS, "2001:db8::1"),
        ("2001:db8:1::/48", Kind.NETWORK, "2001:db8:1::/48"),
        ("C2.Example.COM.", Kind.DOMAIN, "c2.example.com"),
        ("*.evil.example.com", Kind.DOMAIN, "evil.example.com"),
        ("坏网站.example", Kind.DOMAIN, "xn--7esy04fb8c.example"),
        ("hxxp://Evil[.]example:80/A?b=1#top", Kind.URL, "http://evil.example/A?b=1"),
        ("https://user:word@evil.example", Kind.URL, "https://evil.example/"),
        ("evil.example/a/b", Kind.URL, "http://evil.example/a/b"),
        ("http://203.0.113.7:8080/x", Kind.URL, "http://203.0.113.7:8080/x"),
        ("http://name.github.io/x", Kind.URL, "http://name.github.io/x"),
        ("http://github.io/x", Kind.URL, "http://github.io/x"),
        (MD5.upper(), Kind.MD5, MD5),
        (SHA1, Kind.SHA1, SHA1),
        (SHA256, Kind.SHA256, SHA256),
    ],
)
def test_what_a_feed_writes_becomes_one_form(given: str, kind: Kind, value: str) -> None:
    found = read(given)
    assert (found.kind, found.value) == (kind, value)
    assert read(value) == found


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ("", "空"),
        ("10.1.2.3", "私有地址"),
        ("100.64.1.1", "运营商共享地址"),
        ("127.0.0.1", "回环"),
        ("fe80::1", "链路本地"),
        ("239.1.1.1", "组播"),
        ("0.0.0.0/0", "含有"),
        ("11.0.0.0/7", "含有"),
        ("2000::/3", "太宽"),
        ("172.0.0.0/8", "含有私有地址"),
        ("24.0.0.0/7", "太宽"),
        ("999.1.1.1", "不是地址"),
        ("com.cn", "公共后缀"),
        ("gd.cn", "公共后缀"),
        ("co.uk", "公共后缀"),
        ("github.io", "共享服务"),
        ("bad_-.example", "不是域名"),
        ("nothing", "不像"),
        ("http://10.0.0.1/x", "私有地址"),
        ("http://localhost/x", "公共后缀"),
        ("http://a b.example/", "不是 URL"),
        ("http://[::1/", "不是 URL"),
        ("d41d8cd98f00b204e9800998ecf8427e", "空文件"),
        ("x" * 3000, "超过"),
    ],
)
def test_what_would_meet_ourselves_or_everybody_is_refused(given: str, why: str) -> None:
    with pytest.raises(Refused, match=why):
        read(given)


def test_a_named_kind_is_held_to() -> None:
    with pytest.raises(Refused, match="不是 SHA256"):
        read(MD5, "sha256")
    assert read("evil.example", "url").value == "http://evil.example/"


def test_http_and_https_are_one_when_compared() -> None:
    assert url_key("https://Evil.example:443/A") == url_key("http://evil.example/A") == "evil.example/A"
    assert url_key("http://[2001:db8::1]:8080/") == "[2001:db8::1]:8080/"
    assert url_key("http://[bad") == ""
