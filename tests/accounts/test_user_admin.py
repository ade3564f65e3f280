import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from portal.accounts.models import User
from tests.accounts.conftest import Visitor
from tests.factories import PASSWORD, UserFactory

ADD = reverse("admin:accounts_user_add")
LIST = reverse("admin:accounts_user_changelist")


def change_page(user):
    return reverse("admin:accounts_user_change", args=[user.pk])


def signed_in(user):
    visitor = Visitor()
    visitor.force_login(user)
    return visitor


@pytest.fixture
def superuser(db):
    return UserFactory(is_staff=True, is_superuser=True, language="en")


@pytest.fixture
def clerk(db):
    """A member of staff who may make and change accounts, and nothing else."""
    clerk = UserFactory(is_staff=True, language="en")
    clerk.user_permissions.set(
        Permission.objects.filter(codename__in=["add_user", "change_user", "view_user"])
    )
    return clerk


def test_a_person_is_found_by_a_part_of_the_address(superuser):
    UserFactory(email="hanako@example.jp")
    UserFactory(email="taro@example.jp")

    page = signed_in(superuser).get(LIST, {"q": "hanako"}).content.decode()

    assert "hanako@example.jp" in page
    assert "taro@example.jp" not in page


def test_a_clerk_makes_an_account_that_can_sign_in(clerk):
    signed_in(clerk).post(
        ADD,
        {
            "email": "New@Example.jp",
            "language": "en",
            "password1": PASSWORD,
            "password2": PASSWORD,
        },
    )

    made = User.objects.get(email="new@example.jp")
    assert not made.is_staff
    assert made.language == "en"
    assert Visitor().sign_in("new@example.jp").status_code == 302


def test_the_same_address_in_capitals_is_the_same_person(clerk):
    UserFactory(email="hanako@example.jp")

    response = signed_in(clerk).post(
        ADD,
        {
            "email": "HANAKO@example.jp",
            "language": "ja",
            "password1": PASSWORD,
            "password2": PASSWORD,
        },
    )

    assert response.status_code == 200
    assert User.objects.filter(email__iexact="hanako@example.jp").count() == 1


def test_a_clerk_makes_nobody_staff(clerk):
    resident = UserFactory()

    response = signed_in(clerk).post(
        change_page(resident),
        {
            "email": resident.email,
            "language": "en",
            "is_active": "on",
            "is_staff": "on",
            "is_superuser": "on",
        },
    )

    resident.refresh_from_db()
    assert response.status_code == 302
    assert resident.language == "en"
    assert not resident.is_staff
    assert not resident.is_superuser


def test_a_clerk_changes_neither_staff_nor_their_passwords(clerk, superuser):
    client = signed_in(clerk)

    posted = client.post(change_page(superuser), {"email": "taken@example.jp", "language": "en"})
    password = client.get(reverse("admin:auth_user_password_change", args=[superuser.pk]))

    assert posted.status_code == 403
    assert password.status_code == 403


def test_a_superuser_puts_a_clerk_into_groups(superuser):
    page = signed_in(superuser).get(change_page(UserFactory(is_staff=True))).content.decode()

    assert 'name="groups"' in page
    assert 'name="is_staff"' in page
