"""完整性报告: does the audit record hold, how long is it kept, what protects it, who read it; to read and to print."""

from __future__ import annotations

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from qingdun.access import policy
from qingdun.audit import checkpoints, keys, record
from qingdun.audit.models import Checkpoint, Entry, Verification
from qingdun.audit.report import build
from qingdun.powers import shown_report
from qingdun.web import jobs
from qingdun.web.jobpage import Told
from qingdun.web.models import JobRun
from qingdun.web.requests import htmx

NEWEST = 10
ACTIVE = (JobRun.State.QUEUED, JobRun.State.RUNNING)


@require_safe
def report(request: HttpRequest) -> HttpResponse:
    policy.require(request.user, "audit.verify", Entry())
    run = JobRun.objects.filter(key="audit.verify").first()
    context = {"told": Told(run, _("核验审计链")) if run else None, "running": bool(run and run.state in ACTIVE)}
    if htmx(request) and context["running"]:
        return render(request, "powers/parts/verifying.html", context)
    newest = {"verifications": Verification.objects.all()[:NEWEST], "checkpoints": Checkpoint.objects.all()[:NEWEST]}
    return render(request, "powers/audit_report.html", {**context, **shown_report.context(build()), **newest})


@require_POST
def verify(request: HttpRequest) -> HttpResponse:
    """Put the walk into the queue: over a long chain it takes minutes."""
    policy.require(request.user, "audit.verify", Entry())
    try:
        with transaction.atomic():
            jobs.start("audit.verify", by=None)
            record(request.user, "audit.verify", "审计链", "发起核验")
    except jobs.AlreadyRunning:
        messages.warning(request, _("核验正在进行，结果会显示在本页。"))
    else:
        messages.success(request, _("已开始核验，进度和结果显示在本页。"))
    return redirect("audit:report")


@require_safe
def public_key(request: HttpRequest) -> HttpResponse:
    """The key that checkpoints and exports are checked with: to be handed to whoever shall be able to."""
    policy.require(request.user, "audit.verify", Entry())
    newest = checkpoints.newest()
    if newest is None:
        messages.warning(request, _("还没有签署过检查点，也就还没有公钥。"))
        return redirect("audit:report")
    name = f'attachment; filename="qingdun-audit-{keys.identify(newest.heir)}.pem"'
    return HttpResponse(
        keys.pem(newest.heir), content_type="application/x-pem-file", headers={"Content-Disposition": name}
    )
