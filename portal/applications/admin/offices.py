"""Who works in which office, and the texts that clerks begin messages with."""

from django import forms
from django.contrib import admin

from portal.applications.models import MessageTemplate
from portal.applications.written import as_kept, why_not_kept
from portal.residents.models import OfficeMembership


@admin.register(OfficeMembership)
class OfficeMembershipAdmin(admin.ModelAdmin):
    list_display = ["user", "municipality"]
    list_select_related = ["user", "municipality"]
    search_fields = ["user__email"]
    raw_id_fields = ["user", "municipality"]


class TemplateForm(forms.ModelForm):
    """A text is checked when it is written, not when a clerk has no time to mend it."""

    def clean(self):
        data = super().clean()
        for name in ("name", "text_ja", "text_en"):
            if name in data:
                data[name] = as_kept(data[name])
                if why := why_not_kept(data[name]):
                    self.add_error(name, why)
        return data


@admin.register(MessageTemplate)
class MessageTemplateAdmin(admin.ModelAdmin):
    """Each office its own; who may see everything sees all."""

    form = TemplateForm
    list_display = ["name", "municipality"]

    def get_queryset(self, request):
        templates = super().get_queryset(request).select_related("municipality")
        if request.user.is_superuser:
            return templates
        return templates.filter(municipality__in=request.user.offices.values("municipality"))

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if not request.user.is_superuser:
            field.queryset = field.queryset.filter(
                pk__in=request.user.offices.values("municipality")
            )
            field.empty_label = None  # of one office there is nothing to choose
        return field
