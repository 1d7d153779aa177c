from __future__ import annotations

from pathlib import Path
from typing import Any

import requests
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from accounts.errors import XManagerError
from accounts.principals import command_line
from accounts.services.agents import create_agent_token, revoke_agent_token
from xmanager.demo.client import Api, Sandbox, StepFailedError
from xmanager.demo.story import Story
from xmanager.first_sign_in import working_sign_in

SCOPES = ("accounts:read", "posts:read", "posts:write", "pause")


class Command(BaseCommand):
    help = "Play the main job against the sandbox X server and leave everything running."

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.LIVE:
            raise CommandError("The demo posts for show; it runs in sandbox mode only.")
        actor = command_line("demo")
        token, key = create_agent_token(
            actor=actor, name="demo", scopes=SCOPES, slots=[1, 2], expires_days=1
        )
        story = Story(Api(settings.XM_PUBLIC_URL, key), Sandbox(settings.X_API_BASE_URL))
        try:
            for number, line in enumerate(story.play(), start=1):
                self.stdout.write(f"  {number:2}. {line}")
                self.stdout.flush()
        except (StepFailedError, XManagerError) as error:
            raise CommandError(f"The demo stopped: {error}\nLook at ./xm logs worker.") from None
        except requests.RequestException as error:
            raise CommandError(
                f"The demo stopped: {error}\nIs everything up? ./xm status"
            ) from None
        finally:
            revoke_agent_token(token, actor=actor)
        self.stdout.write(f"\nAll of it was seen to happen. Look at it: {settings.XM_PUBLIC_URL}")
        sign_in = working_sign_in(Path(settings.XM_HOME))
        if sign_in:
            self.stdout.write(f"Sign in at /admin/ as {sign_in.username}: {sign_in.password}")
        self.stdout.write("It keeps running; ./xm down ends it.")
