"""What a resident chooses: reminders by e-mail or not. To say it twice has the effect of once."""

from portal.residents.models import Resident
from tasks.reminders.models import MailOff


def is_mail_off(resident: Resident) -> bool:
    return MailOff.objects.filter(resident=resident).exists()


def turn_mail_off(*, resident: Resident) -> None:
    MailOff.objects.get_or_create(resident=resident)


def turn_mail_on(*, resident: Resident) -> None:
    MailOff.objects.filter(resident=resident).delete()
