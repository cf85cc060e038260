from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from qingdun.detection.core.indicators import LONGEST
from qingdun.detection.intelligence.shapes import shapes
from qingdun.detection.listings.intelligence import shape_name
from qingdun.detection.models import Feed
from qingdun.detection.models.intelligence import CATEGORY_NAMES
from qingdun.web.forms import offer

TEXT_LARGEST = 200 * LONGEST  # of values typed into the page


class FeedForm(forms.ModelForm[Feed]):
    """A feed as its keeper describes it; the rules are in `actions`."""

    shape = forms.ChoiceField(label=_("格式"), help_text=_("文件长什么样；选错了整份不会导入"))

    class Meta:
        model = Feed
        fields = [
            *("name", "shape", "address", "folder", "every", "credential", "inside"),
            *("category", "weight", "term", "on"),
        ]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "shape", [(one.key, shape_name(one)) for one in shapes().values() if one.format != "hand"])


class ValuesForm(forms.Form):
    """What somebody enters by hand."""

    values = forms.CharField(
        label=_("情报"),
        max_length=TEXT_LARGEST,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("每行一条：地址、网段、域名、网址或文件散列；有一条不能用就全部不登记"),
    )
    category = forms.ChoiceField(label=_("情报类别"), choices=lambda: list(CATEGORY_NAMES.items()), initial="c2")
    weight = forms.IntegerField(
        label=_("权重"), min_value=0, max_value=100, initial=80, help_text=_("0 到 100，越大越可信")
    )
    days = forms.IntegerField(label=_("有效天数"), min_value=0, max_value=3650, initial=90, help_text=_("0 为长期有效"))
    note = forms.CharField(label=_("说明"), max_length=200, required=False, help_text=_("从哪里得知，例如通报文号"))


class MarkForm(forms.Form):
    reason = forms.CharField(label=_("误报理由"), max_length=200, min_length=2)


class FileForm(forms.Form):
    file = forms.FileField(label=_("文件"))
