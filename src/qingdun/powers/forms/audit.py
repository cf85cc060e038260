from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

CSV, PROOF = "csv", "proof"


class ExportForm(forms.Form):
    """What leaves, and why: the reason goes into the record of the export."""

    form = forms.ChoiceField(
        label=_("格式"),
        choices=[
            (CSV, _("表格（CSV）：WPS、Excel 可以打开，含每条的摘要")),
            (PROOF, _("核验包（NDJSON）：逐条带摘要、整份有签名，外人可以独立核验")),
        ],
        initial=CSV,
        widget=forms.RadioSelect,
    )
    reason = forms.CharField(label=_("事由"), max_length=500, help_text=_("交给谁、做什么用。会记入审计。"))
