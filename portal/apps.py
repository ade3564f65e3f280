from django.contrib.admin.apps import AdminConfig


class StaffPagesConfig(AdminConfig):
    default_site = "portal.staff.StaffSite"
