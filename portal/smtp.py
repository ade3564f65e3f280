"""Mail goes out by Django's backend for SMTP, but no server takes for ever to let us in."""

from django.conf import settings
from django.core.mail.backends import smtp

from portal.deadline import hung_up_after


class EmailBackend(smtp.EmailBackend):
    """Opens a connection within MAIL_TAKES_AT_MOST seconds in all. Raises TimeoutError after that.

    EMAIL_TIMEOUT is of each read alone, and so starts anew with each byte of a greeting.
    """

    talk = None  # from before the greeting; Django's `connection` is there only once it stands

    def open(self):
        if self.connection:
            return False
        with hung_up_after(settings.MAIL_TAKES_AT_MOST, self):
            return super().open()

    @property
    def sock(self):
        return self.talk and self.talk.sock

    @property
    def connection_class(self):
        backend = self

        class Talk(super().connection_class):
            def connect(self, *args, **options):
                backend.talk = self
                return super().connect(*args, **options)

        return Talk
