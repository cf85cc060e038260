"""How a format of the site comes and goes: permit, prove on its own samples, write the file whole, audit."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Any

import jsonschema
import yaml
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from qingdun import audit
from qingdun.access import policy
from qingdun.access.models import Account
from qingdun.lib.registry import Unbuildable
from qingdun.logs.core.formats import LogFormat
from qingdun.logs.core.proof import disproved
from qingdun.logs.core.schema import SCHEMA
from qingdun.logs.known import folder, of_package, of_site
from qingdun.logs.models import Source

MANAGE = "logs.manage_formats"
_KEY = re.compile(r"[a-z][a-z0-9_]{2,39}")


class _Platform:
    """Formats belong to the platform: only a grant at the root reaches them."""

    unit_path = "/"


PLATFORM = _Platform()


def may_manage(user: Any) -> bool:
    return policy.may(user, MANAGE, PLATFORM)


def checked(key: str, document: Mapping[str, Any]) -> LogFormat:
    """The format a document describes. Raises ValidationError with every fault, its own samples included."""
    if not _KEY.fullmatch(key):
        raise ValidationError(_("代号只能用小写字母、数字和下划线，以字母开头，3 至 40 个字符"))
    faults = [f"{'.'.join(map(str, one.path))}：{one.message}" for one in _SHAPE.iter_errors(dict(document))]
    if faults:
        raise ValidationError(faults)
    try:
        made = LogFormat.build(key, dict(document))
    except Unbuildable as error:
        raise ValidationError(f"{error.key}：{error}") from None
    if wrong := disproved(made):
        raise ValidationError(wrong)
    return made


@transaction.atomic
def save_format(key: str, document: Mapping[str, Any], *, by: Account, reason: str = "") -> LogFormat:
    """Keep a new format of the site; readers pick it up with their next batch. Raises ValidationError."""
    policy.require(by, MANAGE, PLATFORM)
    if of_package(key) or of_site(key):
        raise ValidationError(_("已有格式 %s，请换一个代号") % key)
    made = checked(key, document)
    text = yaml.safe_dump(dict(document), allow_unicode=True, sort_keys=False, width=1000)
    audit.record(by, MANAGE, f"{key} {made.name}", reason or _("新建日志格式"), changes={"yaml": (None, text)})
    _write(key, text)
    return made


@transaction.atomic
def remove_format(key: str, *, by: Account, reason: str = "") -> None:
    """Drop a format of the site that no source is bound to. Raises ValidationError."""
    policy.require(by, MANAGE, PLATFORM)
    if not _KEY.fullmatch(key) or not of_site(key):
        raise ValidationError(_("%s 不是本单位自建的格式，不能删除") % key)
    if used := Source.objects.filter(format=key).first():
        raise ValidationError(_("来源“%s”指定了这个格式，请先改为自动识别") % used)
    file = folder() / f"{key}.yaml"
    gone = {"yaml": (file.read_text("utf-8"), None)}
    audit.record(by, MANAGE, key, reason or _("删除日志格式"), changes=gone)
    file.unlink()


def _write(key: str, text: str) -> None:
    """Whole or not at all: a reader process may look at the folder at any moment."""
    folder().mkdir(mode=0o700, parents=True, exist_ok=True)
    partial = folder() / f".{key}.new"
    with partial.open("w", encoding="utf-8") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
    partial.replace(folder() / f"{key}.yaml")


_SHAPE = jsonschema.Draft202012Validator(SCHEMA)
