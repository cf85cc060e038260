"""The documents of this installation as pages and replays need them: rules of the book, filters that hold."""

from __future__ import annotations

import logging

from qingdun.detection import book
from qingdun.detection.core import sigma
from qingdun.detection.core.rules import Document, Filter
from qingdun.detection.models import Suppression

log = logging.getLogger(__name__)


def documents() -> list[Document]:
    """Rules, correlations and filters of the files."""
    return list(book.documents().documents)


def filters() -> list[Filter]:
    """The suppressions that hold; `file` tells which: `suppression-<pk>`."""
    found: list[Filter] = []
    for pk, text in Suppression.objects.active().order_by("pk").values_list("pk", "text"):
        try:
            read = sigma.documents(sigma.yaml_documents(text.encode()), f"suppression-{pk}")
        except sigma.Wrong as error:
            log.error("抑制 %s 不能用：%s", pk, error)
            continue
        found += [one for one in read if isinstance(one, Filter)]
    return found
