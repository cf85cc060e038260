"""Names under which strangers register names: an indicator on one of them would meet half the internet.

The registries' own second levels follow one pattern (`com.cn`, `co.uk`); the rest is a list of what is common: the
provinces of `.cn` (CNNIC's list of domains by administrative area) and large hosting and dynamic-address services. A
whole public suffix list is not shipped; a feed's `exclude` names what else to leave out.
"""

from __future__ import annotations

_SECOND_LEVELS = "ac co com edu gob gov gouv mil net nom or org ne go gv info name biz web school"
_PROVINCES = "ah bj cq fj gd gs gx gz ha hb he hi hk hl hn jl js jx ln mo nm nx qh sc sd sh sn sx tj tw xj xz yn zj"
_SERVICES = """
    aliyuncs.com amazonaws.com appspot.com azurewebsites.net baidubce.com bcebos.com blob.core.windows.net blogspot.com
    cloudapp.net cloudfront.net ddns.net duckdns.org dyndns.org firebaseapp.com github.io gitee.io gitlab.io
    googleapis.com herokuapp.com hopto.org myqcloud.com netlify.app ngrok.io no-ip.org oray.net pages.dev qiniucdn.com
    sytes.net tencentcs.com trycloudflare.com vercel.app vicp.net web.app windows.net wordpress.com workers.dev
    zapto.org
"""
_SECOND, _CN, _SHARED = (frozenset(names.split()) for names in (_SECOND_LEVELS, _PROVINCES, _SERVICES))


def is_public(domain: str) -> bool:
    """Is it a top-level domain, a registry's second level or a service that gives names to anybody?"""
    labels = domain.split(".")
    if len(labels) < 2 or domain in _SHARED:
        return True
    if len(labels) > 2:
        return False
    second, top = labels
    return (len(top) == 2 and second in _SECOND) or (top == "cn" and second in _CN)
