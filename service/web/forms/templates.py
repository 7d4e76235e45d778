"""What proposing a report template and trying one out takes."""

from __future__ import annotations

from service.web.forms.fields import Choice, Form, Upload, Words, shown


class TemplateForm(Form):
    """A template handed in for an organisation."""

    organisation = Choice(required=True, metadata=shown("所属单位", widget="choice", choices="desks"))
    name = Words(
        limit=120, required=True, metadata=shown("名称", "同名的是同一模板的各版。例：重点评价报告版式")
    )
    file = Upload(
        required=True,
        metadata=shown("模板文件", "Word 文档（*.docx），不含宏", widget="upload", accept=".docx"),
    )
    note = Words(
        limit=2000, required=True, metadata=shown("说明", "改了什么、用于哪些报告", widget="area", rows=3)
    )


class PreviewForm(Form):
    """Whose data a template is tried out with."""

    case = Choice(
        required=True,
        metadata=shown("用哪个评价的数据", "只作试排，不改动该评价", widget="choice", choices="cases"),
    )
