from django.contrib.admin.apps import AdminConfig


class OpsAdminConfig(AdminConfig):
    """Puts our admin site in the place of the stock one, so `@admin.register` needs no change."""

    default_site = "xmanager.admin_site.OpsAdminSite"
