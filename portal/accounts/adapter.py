from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.shortcuts import resolve_url
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from portal.accounts.jobs import send_mail


class AccountAdapter(DefaultAccountAdapter):
    """What allauth asks of us, in our words.

    Nobody signs up by themself: an account is made by the office for a person it knows.
    """

    error_messages = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": _(
            "Check the e-mail address and the password and enter both again. One of them is not "
            "right."
        ),
        "enter_current_password": _("Enter your present password again. It is not right."),
        "too_many_login_attempts": _(
            "Wait five minutes, then try again. There were too many attempts to sign in with this "
            "e-mail address or from here."
        ),
    }

    def is_open_for_signup(self, request):
        return False

    def get_password_change_redirect_url(self, request):
        return resolve_url(settings.LOGIN_REDIRECT_URL)

    def send_password_reset_mail(self, user, email, context):
        """Write in the person's own language, whoever asked for the mail in whichever."""
        with translation.override(user.language):
            super().send_password_reset_mail(user, email, context)

    def send_mail(self, template_prefix, email, context):
        """Leave the sending to a worker: by the time it takes, one could tell who has an account.

        The address is the account's own, not the one typed in, which may only look like it.
        """
        mail = self.render_mail(template_prefix, context["user"].email, context)
        send_mail.delay(mail.subject, mail.body, mail.to)
