"""The background jobs of imports; the interface's language is the importer's."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from qingdun.web.imports import actions
from qingdun.web.jobs import Progress, job
from qingdun.web.models import Import, ImportPart

KEPT = timedelta(days=90)  # the file, its table and the verdicts; the row of the history stays


@job(actions.READ, _("读取导入的表格"), about=True)
def read(progress: Progress, about: str) -> None:
    _in_its_language(about, actions.read, progress)


@job(actions.WRITE, _("写入导入的表格"), about=True)
def write(progress: Progress, about: str) -> None:
    _in_its_language(about, actions.write, progress)


@job("web.import_prune", _("清理旧的导入文件"), cron="50 2 * * *")
def prune(progress: Progress) -> None:
    rows, _kinds = ImportPart.objects.filter(owner__at__lt=timezone.now() - KEPT).delete()
    progress(rows, rows)


def _in_its_language(about: str, step: Callable[[Import, Progress], None], progress: Progress) -> None:
    given = Import.objects.select_related("by__person__unit").get(pk=int(about))
    with translation.override(given.language):
        step(given, progress)
