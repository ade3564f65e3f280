from django.utils.translation import gettext_lazy as _

from feedback.models import Opinion


class SaidNow(Opinion):
    """Opinions as they come in: the name under which their page stands in the staff pages."""

    class Meta:
        proxy = True
        default_permissions = ()
        verbose_name = _("what people say now")
        verbose_name_plural = _("what people say now")
