from django.apps import AppConfig


class PublishingConfig(AppConfig):
    name = "publishing"

    def ready(self) -> None:
        from execution.handlers import register
        from publishing.projection import PostHandler

        register("post", PostHandler())
