"""The staff pages: Django's admin behind the portal's own sign-in, and what its pages share.

Every room has its pages in its own `admin.py`; this module knows none of them.
"""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.core.paginator import Paginator
from django.utils.decorators import method_decorator
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _


class StaffSite(admin.AdminSite):
    site_header = _("Annai: staff pages")
    site_title = _("Annai: staff pages")
    index_title = _("Staff pages")

    # The portal's sign-in has rate limits, and later a second factor; the admin's own has neither.
    login = method_decorator(secure_admin_login)(admin.AdminSite.login)


class CappedPaginator(Paginator):
    """Counts no further than `limit`: to count millions of rows takes longer than a page may."""

    limit = 1000

    @cached_property
    def count(self):
        return self.object_list.order_by()[: self.limit].count()

    @property
    def capped(self):
        return self.count == self.limit


class LookOnly:
    """Nobody adds, changes or deletes here, superusers neither: other code writes these rows."""

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


class LongList:
    """A list that opens at once, however many rows there are."""

    paginator = CappedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    list_max_show_all = 0
    change_list_template = "staff/long_list.html"
