"""Who works in which office, and the texts that clerks begin messages with."""

from django.contrib import admin

from portal.applications.models import MessageTemplate
from portal.residents.models import OfficeMembership


@admin.register(OfficeMembership)
class OfficeMembershipAdmin(admin.ModelAdmin):
    list_display = ["user", "municipality"]
    list_select_related = ["user", "municipality"]
    search_fields = ["user__email"]
    raw_id_fields = ["user", "municipality"]


@admin.register(MessageTemplate)
class MessageTemplateAdmin(admin.ModelAdmin):
    """Each office its own; who may see everything sees all."""

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
        return field
