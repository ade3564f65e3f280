"""What a merge leaves behind is no style sheet, template or catalogue."""

import re

import pytest
from django.conf import settings

LEFT = re.compile(r"^(<{7} |={7}$|>{7} )", re.MULTILINE)


@pytest.mark.parametrize(
    ("folder", "kind"),
    [("static", "css"), ("static/js", "js"), ("templates", "html"), ("locale", "po")],
)
def test_no_file_holds_the_marks_of_two_versions(folder, kind):
    files = list((settings.BASE_DIR / folder).rglob(f"*.{kind}"))

    assert files
    assert [one.name for one in files if LEFT.search(one.read_text(encoding="utf-8"))] == []
