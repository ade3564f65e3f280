"""The mails about applications that were given up, for who can mend an address and try again."""

from django.contrib import admin, messages
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from portal.applications.mails import what_is_said
from portal.applications.models import Notice
from portal.applications.office import chosen_of, offices_of
from portal.applications.untold import given_up, try_again, why_untold
from portal.staff import LongList, LookOnly


@admin.register(Notice)
class NoticeAdmin(LookOnly, LongList, admin.ModelAdmin):
    """Of the office for which the person works now, like the cases to which the rows lead."""

    list_display = ["case", "said", "owed_since", "ended_at", "reason"]
    list_display_links = None
    sortable_by = []
    ordering = ["-ended_at", "-pk"]
    actions = ["again"]

    def has_view_permission(self, request, obj=None):
        return request.user.has_perm("applications.process_application")

    def has_module_permission(self, request):
        return self.has_view_permission(request)

    def get_queryset(self, request):
        offices = offices_of(request.user)
        return given_up([chosen_of(offices, request)] if offices else [])

    def get_urls(self):
        # None of the usual ones but the list: what there is to a mail stands in its row.
        view = self.admin_site.admin_view(self.changelist_view)
        return [path("", view, name="applications_notice_changelist")]

    def changelist_view(self, request, extra_context=None):
        title = _("Mails about applications that were given up")
        return super().changelist_view(request, {**(extra_context or {}), "title": title})

    @admin.display(description=_("receipt number"))
    def case(self, notice):
        address = reverse("admin:applications_application_change", args=[notice.application.uuid])
        return format_html('<a href="{}">{}</a>', address, notice.application.receipt_number or "–")

    @admin.display(description=_("what it says"))
    def said(self, notice):
        return what_is_said(notice)

    @admin.display(description=_("why"))
    def reason(self, notice):
        return why_untold(notice)

    @admin.action(description=_("Send the mail again"))
    def again(self, request, queryset):
        owed = sum(try_again(notice) for notice in queryset)
        messages.success(
            request,
            ngettext(
                "%(mails)s mail is sent again within minutes.",
                "%(mails)s mails are sent again within minutes.",
                owed,
            )
            % {"mails": owed},
        )
