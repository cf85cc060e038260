from __future__ import annotations

from django.urls import path

from qingdun.powers.views import approvals, policy

app_name = "powers"
urlpatterns = [
    path("approvals/", approvals.inbox, name="inbox"),
    path("approvals/asked", approvals.asked, name="asked"),
    path("approvals/decided", approvals.decided, name="decided"),
    path("approvals/ask", approvals.ask, name="ask"),
    path("approvals/together", approvals.together, name="approvals_together"),
    path("approvals/<int:pk>", approvals.approval, name="approval"),
    path("approvals/<int:pk>/decide", approvals.decide, name="approval_decide"),
    path("approvals/<int:pk>/ask-supplement", approvals.ask_supplement, name="approval_ask_supplement"),
    path("approvals/<int:pk>/supplement", approvals.supplement, name="approval_supplement"),
    path("approvals/<int:pk>/extend", approvals.extend, name="approval_extend"),
    path("approvals/<int:pk>/withdraw", approvals.withdraw, name="approval_withdraw"),
    path("rules/", policy.signing_rules, name="rules"),
]
