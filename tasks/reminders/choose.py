"""What a resident chooses of reminders. To say it twice has the effect of once."""

from django.db import transaction

from portal.residents.models import Resident
from tasks.reminders.models import MailOff, PushSubscription

DEVICES_AT_MOST = 10


def turn_mail_off(*, resident: Resident) -> None:
    MailOff.objects.get_or_create(resident=resident)


def turn_mail_on(*, resident: Resident) -> None:
    MailOff.objects.filter(resident=resident).delete()


def add_device(*, resident: Resident, endpoint: str, p256dh: str, auth: str) -> None:
    """Send notifications to one browser more; of more than ten, the oldest get none any more."""
    with transaction.atomic():
        Resident.objects.select_for_update(no_key=True).get(pk=resident.pk)  # one at a time
        devices = PushSubscription.objects.filter(resident=resident)
        devices.filter(endpoint=endpoint).delete()  # its keys may be new
        PushSubscription.objects.create(
            resident=resident, endpoint=endpoint, p256dh=p256dh, auth=auth
        )
        newest = devices.order_by("-pk").values_list("pk", flat=True)
        devices.exclude(pk__in=list(newest[:DEVICES_AT_MOST])).delete()


def remove_device(*, resident: Resident, device_id: int) -> None:
    """Send one browser no more notifications.

    Raises PushSubscription.DoesNotExist where the device is not the resident's.
    """
    PushSubscription.objects.get(resident=resident, pk=device_id).delete()
