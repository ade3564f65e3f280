"""One click signs in as an invented person: in the demo, and nowhere else."""

import os
import subprocess
import sys

import pytest
from django.conf import settings as project
from django.test import Client
from django.urls import reverse

from portal.demo import data
from portal.demo.people import EVERYBODY
from tests.factories import UserFactory

PRODUCTION = {
    "ANNAI_ENV": "production",
    "SECRET_KEY": "only for this test, and long enough that Django does not complain of it",
    "ALLOWED_HOSTS": "annai.example.jp",
    "EMAIL_URL": "smtp://mail.example.jp",
}


@pytest.fixture
def demo(settings, db):
    settings.DEMO = True
    data.let_sign_in("kamota-sanehe-417")


def test_the_page_offers_everybody_a_button(demo, client):
    page = client.get("/demo/")

    for one in EVERYBODY:
        assert f'value="{one.email}"' in page.content.decode()


@pytest.mark.parametrize(
    ("email", "where"), [("hanako@example.jp", "/"), ("helpdesk@example.jp", "/staff/")]
)
def test_a_click_signs_in_with_a_new_session(demo, client, email, where):
    client.get("/demo/")
    client.post("/demo/", {"email": "alex@example.jp"})
    before = client.session.session_key

    answer = client.post("/demo/", {"email": email})

    assert answer.url == where
    assert client.session.session_key != before
    assert client.get("/demo/").wsgi_request.user.email == email


@pytest.mark.parametrize("email", ["", "somebody@example.jp"])
def test_nobody_else_is_signed_in(demo, client, email):
    UserFactory(email="somebody@example.jp")

    assert client.post("/demo/", {"email": email}).status_code == 404


def test_a_click_from_another_site_is_refused(demo):
    client = Client(enforce_csrf_checks=True)

    assert client.post("/demo/", {"email": "hanako@example.jp"}).status_code == 403


def test_the_sign_in_page_names_it_in_the_demo_alone(demo, client, settings):
    in_demo = client.get(reverse("account_login")).content.decode()
    settings.DEMO = False
    elsewhere = client.get(reverse("account_login")).content.decode()

    assert 'href="/demo/"' in in_demo
    assert 'href="/demo/"' not in elsewhere


def test_outside_the_demo_the_page_is_missing(client, settings, db):
    settings.DEMO = False

    assert client.get("/demo/").status_code == 404
    assert client.post("/demo/", {"email": "hanako@example.jp"}).status_code == 404


def test_production_has_neither_the_page_nor_the_command():
    program = """
import django
django.setup()
from django.apps import apps
from django.core.management import get_commands
from django.urls import Resolver404, resolve
try:
    resolve("/demo/")
except Resolver404:
    assert not apps.is_installed("portal.demo")
    assert "demo" not in get_commands()
    print("missing")
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=project.BASE_DIR,
        env=os.environ | PRODUCTION,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.stdout.strip() == "missing", done.stderr
