"""What the environment must name, each start in a process of its own."""

import os
import subprocess
import sys

import pytest

PRODUCTION = {
    "ANNAI_ENV": "production",
    "SECRET_KEY": "only-for-this-test-0123456789-abcdefghijklmnopqrstuvwxyz-0123456789",
    "ALLOWED_HOSTS": "annai.example.jp",
    "DATABASE_URL": "postgresql://annai@db.example.jp/annai",
    "REDIS_URL": "redis://cache.example.jp/0",
    "EMAIL_URL": "smtp://annai:s%40cret@mail.example.jp:587?tls=1",
}


def start(environment, show="''"):
    """Read the settings in a new process, then print `show`, an expression of settings."""
    program = f"from portal import settings; print({show})"
    return subprocess.run(
        [sys.executable, "-c", program],
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("missing", sorted(set(PRODUCTION) - {"ANNAI_ENV"}))
def test_production_does_not_start_without(missing):
    started = start({name: value for name, value in PRODUCTION.items() if name != missing})

    assert started.returncode == 1
    assert f"ImproperlyConfigured: {missing} is not set." in started.stderr


def test_production_starts_with_all_of_them_and_has_no_invented_people():
    started = start(PRODUCTION, show="'portal.demo' in settings.INSTALLED_APPS, settings.DEBUG")

    assert started.stdout == "False False\n", started.stderr


def test_production_does_not_start_where_processes_are_to_be_killed():
    started = start(PRODUCTION | {"CRASH_AT": "range:3:before_commit"})

    assert "ImproperlyConfigured: CRASH_AT is set" in started.stderr


@pytest.mark.parametrize("hosts", ["*", "annai.example.jp,*", "annai.example.jp,", "."])
def test_production_does_not_start_where_it_answers_to_every_name(hosts):
    started = start(PRODUCTION | {"ALLOWED_HOSTS": hosts})

    assert "ImproperlyConfigured: ALLOWED_HOSTS allows every host" in started.stderr


def test_the_hosts_of_production_may_stand_with_spaces():
    started = start(
        PRODUCTION | {"ALLOWED_HOSTS": "annai.example.jp, .example.jp"},
        show="settings.ALLOWED_HOSTS",
    )

    assert started.stdout == "['annai.example.jp', '.example.jp']\n", started.stderr


def test_the_demo_answers_to_names_of_this_machine_alone(tmp_path):
    demo = {"ANNAI_ENV": "demo", "ANNAI_RUN_DIR": str(tmp_path)}
    started = start(demo, show="settings.ALLOWED_HOSTS")

    assert started.stdout == "['localhost', '127.0.0.1', '[::1]']\n", started.stderr


def test_the_mail_server_is_read_from_its_address():
    names = ["EMAIL_HOST", "EMAIL_PORT", "EMAIL_HOST_USER", "EMAIL_HOST_PASSWORD", "EMAIL_USE_TLS"]

    started = start(PRODUCTION, show=f"[getattr(settings, name) for name in {names}]")

    assert started.stdout == "['mail.example.jp', 587, 'annai', 's@cret', True]\n"


def test_a_mail_server_has_an_end_to_the_time_it_may_take():
    started = start(PRODUCTION, show="settings.EMAIL_BACKEND, settings.MAIL_TAKES_AT_MOST")

    assert started.stdout == "portal.smtp.EmailBackend 10\n"


def test_smtps_is_tls_from_the_start():
    started = start(
        PRODUCTION | {"EMAIL_URL": "smtps://mail.example.jp"},
        show="settings.EMAIL_USE_SSL, settings.EMAIL_USE_TLS, settings.EMAIL_PORT",
    )

    assert started.stdout == "True False 465\n", started.stderr


@pytest.mark.parametrize(
    "address",
    [
        "foo",
        "http://host",
        "smtp://",
        "smtp://host:abc",
        "smtp://host?tls=true",
        "smtp://host?tls",
        "smtps://host?tls=1",
    ],
)
def test_a_mail_server_that_would_be_spoken_to_otherwise_than_meant_is_refused(address):
    started = start(PRODUCTION | {"EMAIL_URL": address})

    assert "EMAIL_URL is not the address of a mail server. Write smtp://" in started.stderr


@pytest.mark.parametrize("number", ["abc", "-5", "1.5", "１０"])
def test_a_cap_that_is_no_number_is_refused(number):
    started = start(PRODUCTION | {"REMINDERS_PER_HOUR": number})

    assert f'REMINDERS_PER_HOUR is "{number}" and must be a whole number' in started.stderr


def test_an_environment_that_is_none_of_the_three_is_refused():
    assert "Set it to production, demo or development" in start({"ANNAI_ENV": "prod"}).stderr
