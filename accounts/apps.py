from django.apps import AppConfig
from django.db.models.signals import post_migrate


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        from accounts.roles import grant_model_permissions

        post_migrate.connect(grant_model_permissions, dispatch_uid="accounts.roles")
