from django.apps import AppConfig


class XManagerConfig(AppConfig):
    name = "xmanager"

    def ready(self) -> None:
        from xmanager import checks  # noqa: F401 (registers them)
