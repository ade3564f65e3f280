"""Which account signs in as which resident."""

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from portal.accounts.models import User
from portal.residents.models import Resident


class CannotLink(Exception):
    """The account cannot be linked to the resident. The text says why, and what to do."""


def link_sign_in(*, resident: Resident, email: str, by: User) -> None:
    """Let the account with this address sign in as the resident; nobody where it is empty.

    Raises CannotLink if there is no such account or another resident has it.
    """
    user = _account(email) if email else None
    try:
        with transaction.atomic():
            Resident.objects.filter(pk=resident.pk).update(user=user)
            LogEntry.objects.create(
                user=by,
                content_type=ContentType.objects.get_for_model(Resident),
                object_id=str(resident.uuid),
                object_repr=resident.ref,  # the entry is shown without a purpose: no name in it
                action_flag=CHANGE,
                change_message=f"Linked to account {user.pk}." if user else "Sign-in taken away.",
            )
    except IntegrityError as error:
        raise CannotLink(
            _(
                "The account with this address already signs in as another resident. Take it "
                "away there first, or give another address."
            )
        ) from error
    resident.user = user


def _account(email: str) -> User:
    try:
        return User.objects.get(email=email.strip().lower())
    except User.DoesNotExist as error:
        raise CannotLink(
            _("No account has this address. Make the account first, or correct the address.")
        ) from error
