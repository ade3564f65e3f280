"""The pages of failures need nothing that may be what failed."""

import pytest
from django.template.loader import get_template


@pytest.mark.parametrize(
    ("name", "japanese", "english"),
    [
        ("500.html", "このページを表示できませんでした", "This page could not be shown"),
        (
            "503.html",
            "ただいま、このサイトを利用できません",
            "This site cannot be used at the moment",
        ),
    ],
)
def test_a_failure_is_said_in_both_languages_without_context_or_database(name, japanese, english):
    page = get_template(name).render()

    assert page.startswith("<!doctype html>")
    assert f"<h1>{japanese}</h1>" in page and f"<h2>{english}</h2>" in page
    assert page.count('href="/"') == 2
    assert "/static/css/annai.css" in page
