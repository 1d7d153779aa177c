from django.apps import AppConfig


class ExecutionConfig(AppConfig):
    name = "execution"

    def ready(self) -> None:
        from accounts import queue_guard
        from execution.services.actions import ActionQueue

        queue_guard.register(ActionQueue())
