from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class PolicyConfig(AppConfig):
    name = "policy"

    def ready(self) -> None:
        post_migrate.connect(make_gate, sender=self)


def make_gate(sender: AppConfig, using: str, **kwargs: Any) -> None:
    """The one row of the gate must exist in every database, a flushed one too."""
    from policy.models import Gate

    Gate.objects.using(using).get_or_create(pk=1)
