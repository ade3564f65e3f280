import random

import pytest
from django.test import Client
from django.urls import reverse

from tests.factories import PASSWORD, UserFactory


class Visitor(Client):
    """A browser that nobody has used, at an address of its own: the limits go by address."""

    def __init__(self):
        super().__init__(REMOTE_ADDR="10." + ".".join(str(random.randrange(256)) for _ in "123"))

    def sign_in(self, email, password=PASSWORD, **more):
        data = {"login": email, "password": password, **more}
        return self.post(reverse("account_login"), data)


@pytest.fixture
def visitor():
    return Visitor()


@pytest.fixture
def person(db):
    """Somebody with an account, whose e-mail no other test has failed to sign in with."""
    return UserFactory(email=f"hanako{random.randrange(10**12)}@example.jp", language="en")
