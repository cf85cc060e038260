"""The doors of an import: offer a file, accept of it, let it go. Each is done once, however often it is asked for."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import polars as pl
from django.core.exceptions import ValidationError
from django.db import IntegrityError, OperationalError, transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from qingdun import audit
from qingdun.access import policy
from qingdun.web import jobs
from qingdun.web.imports import steps, verdicts
from qingdun.web.imports.reading import NotUsable, too_big
from qingdun.web.imports.register import Refused, Register, registers
from qingdun.web.imports.rows import What
from qingdun.web.jobs import Progress
from qingdun.web.models import Import, ImportPart

State, Name = Import.State, ImportPart.Name
READ, WRITE = "web.import_read", "web.import_write"
TRIES = 3  # when somebody enters the same things at the same moment
PROBLEMS_KEPT = 1000


class NotNow(ValueError):
    """The import is in no state to be accepted or let go; the text says which."""


def upload(register: Register, name: str, content: bytes, *, by: Any) -> Import:
    """Take a file in and have it read in the background. Raises PermissionDenied, NotUsable when it is too big."""
    policy.require(by, register.permission)
    with transaction.atomic():
        given = keep(register, name, content, by=by)
        given.job = jobs.enqueue(READ, about=str(given.pk), by=by)
        given.save(update_fields=["job"])
    return given


def keep(register: Register, name: str, content: bytes, *, by: Any) -> Import:
    """Store a file as an import that is still to be read. Raises NotUsable."""
    from qingdun.web.core.tables.sniff import FILE_BYTES

    if len(content) > FILE_BYTES:
        raise NotUsable(too_big(len(content)))
    given = Import.objects.create(
        register=register.key,
        by=by,
        name=name.replace("\0", "")[-200:],
        size=len(content),
        digest=hashlib.sha256(content).hexdigest(),
        language=translation.get_language() or "zh-hans",
    )
    ImportPart.objects.create(owner=given, name=Name.FILE, content=content)
    return given


def accept(given: Import, classes: Sequence[What], *, by: Any) -> Import:
    """Have the good rows of these classes written in the background; a second time it is the same acceptance.

    Raises PermissionDenied, NotNow.
    """
    policy.require(by, registers()[given.register].permission)
    with transaction.atomic():
        mine = Import.objects.select_for_update(of=("self",)).select_related("job").get(pk=given.pk)
        if mine.state == State.DONE or (mine.state == State.WRITING and mine.job and mine.job.is_active):
            return mine
        if mine.state not in (State.READY, State.WRITING):  # writing without a job: its process was killed
            raise NotNow(_("这次导入是“%s”，不能确认") % mine.get_state_display())
        taken = [what.value for what in (What.NEW, What.CHANGED) if what in classes and mine.count(what)]
        if not taken:
            raise NotNow(_("没有选中可以导入的行"))
        mine.taken, mine.state = taken, State.WRITING
        mine.job = jobs.enqueue(WRITE, about=str(mine.pk), by=by)
        mine.save(update_fields=["taken", "state", "job"])
    return mine


def drop(given: Import, *, by: Any) -> None:
    """Let a preview go: its row stays in the history, its content does not. Raises NotNow."""
    policy.require(by, registers()[given.register].permission)
    with transaction.atomic():
        if not Import.objects.filter(pk=given.pk, state=State.READY).update(
            state=State.DROPPED, finished=timezone.now()
        ):
            raise NotNow(_("这次导入是“%s”，不能放弃") % given.get_state_display())
        ImportPart.objects.filter(owner=given).delete()


def read(given: Import, progress: Progress) -> None:
    """The first job: from the file to a stored preview."""
    register = registers()[given.register]
    content = bytes(given.parts.get(name=Name.FILE).content)
    try:
        looked = steps.look(register, content, by=given.by, progress=progress)
    except (NotUsable, Refused) as refused:
        Import.objects.filter(pk=given.pk).update(state=State.REFUSED, problem=str(refused), finished=timezone.now())
        return
    with transaction.atomic():
        mine = Import.objects.select_for_update(of=("self",)).get(pk=given.pk)
        if mine.state != State.READING:
            return
        for name, frame in ((Name.TABLE, looked.read.table), (Name.VERDICTS, verdicts.packed(looked.verdicts))):
            ImportPart.objects.update_or_create(owner=mine, name=name, defaults={"content": frame})
        told = looked.read
        mine.notes = {"sheet": told.sheet, "ignored": told.ignored, "other_sheets": told.other_sheets}
        mine.counts = verdicts.counted(looked.verdicts)
        mine.state = State.READY
        if not mine.count(What.NEW) and not mine.count(What.CHANGED):
            mine.state = State.SAME
            mine.finished = timezone.now()
            audit.record(mine.by, "web.import", mine, _nothing(register))
        mine.save(update_fields=["notes", "counts", "state", "finished"])


def write(given: Import, progress: Progress) -> None:
    """The second job: everything that was accepted, or nothing."""
    for attempt in range(1, TRIES + 1):
        try:
            _write(given, progress)
            return
        except Refused as refused:
            _refuse(given, str(refused))
            return
        except (IntegrityError, OperationalError, ValidationError):
            if attempt == TRIES:
                _refuse(given, "")
                raise


def _refuse(given: Import, why: str) -> None:
    """Back to the preview, with the reason; nothing was written."""
    Import.objects.filter(pk=given.pk, state=State.WRITING).update(
        state=State.REFUSED if why else State.READY, problem=why
    )


@transaction.atomic
def _write(given: Import, progress: Progress) -> None:
    mine = Import.objects.select_for_update(of=("self",)).get(pk=given.pk)
    if mine.state != State.WRITING:
        return
    register = registers()[mine.register]
    if mine.by is not None:
        policy.require(mine.by, register.permission)  # the grant may have ended since
    seen = part(mine, Name.VERDICTS).filter(pl.col("what").is_in(mine.taken))
    done = steps.write(register, part(mine, Name.TABLE), seen, by=mine.by, progress=progress)
    problems = [[number, label, faults] for number, label, faults in done.wrong[:PROBLEMS_KEPT]]
    mine.result = {**done.counts(), "problems": problems}
    mine.state, mine.finished = State.DONE, timezone.now()
    mine.save(update_fields=["result", "state", "finished"])
    changes = {key: (None, count) for key, count in {"read": mine.count("read"), **done.counts()}.items()}
    audit.record(mine.by, "web.import", mine, f"{register.title} SHA-256 {mine.digest}", changes=changes)


def part(given: Import, name: ImportPart.Name) -> pl.DataFrame:
    """The table or the verdicts. Raises ImportPart.DoesNotExist once they were cleared away."""
    return verdicts.unpacked(bytes(given.parts.get(name=name).content))


def _nothing(register: Register) -> str:
    with translation.override("zh-hans"):
        return _("%s：与台账一致，没有改动") % register.title
