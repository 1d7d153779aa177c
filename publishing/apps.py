from django.apps import AppConfig


class PublishingConfig(AppConfig):
    name = "publishing"

    def ready(self) -> None:
        from execution.engine.ringer import add_chore
        from execution.handlers import register
        from publishing.projection import PostHandler
        from publishing.services.imports import resume_imports, sweep_imports
        from publishing.services.media import sweep_media

        register("post", PostHandler())
        add_chore(2.0, resume_imports)
        add_chore(600.0, sweep_imports)
        add_chore(600.0, sweep_media)
