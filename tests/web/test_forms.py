from __future__ import annotations

from django import forms


class System(forms.Form):
    name = forms.CharField(label="名称", help_text="与备案表一致。")
    kinds = forms.MultipleChoiceField(
        label="类别", choices=[("a", "门户")], widget=forms.CheckboxSelectMultiple, required=False
    )
    sure = forms.BooleanField(label="已核对")


def test_a_faulty_form_opens_with_a_summary_that_leads_to_each_field() -> None:
    page = str(System({"name": ""}))
    assert page.index("有几处需要改正") < page.index("<label")
    assert page.count('<a href="#id_name">名称</a>') == page.count('<a href="#id_sure">已核对</a>') == 1
    assert 'aria-describedby="id_name_helptext id_name_error"' in page
    assert 'id="id_name_error"' in page and 'aria-invalid="true"' in page


def test_a_fresh_form_says_in_words_what_is_required() -> None:
    page = str(System())
    assert "有几处需要改正" not in page
    assert page.count("（必填）") == 2
    assert "<legend>类别" in page and 'class="check"' in page
