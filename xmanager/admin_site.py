from django.contrib import admin


class OpsAdminSite(admin.AdminSite):
    """The admin site that the Ops Center lives in."""

    site_header = "X Manager"
    site_title = "X Manager"
    index_title = "Operations"
