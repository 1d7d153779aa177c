from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from accounts.models import Account, AccountSecret, AppSecret, DeveloperApp
from accounts.principals import Principal
from accounts.states import AccountStatus, AuthKind
from publishing.content import PartContent, PostContent
from publishing.models import Post
from publishing.services.posts import write_post
from tests.sandbox.process import SandboxProcess

PERSON = Principal(kind="user", id="1", label="Alice")


@pytest.fixture(scope="session")
def _sandbox_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProcess]:
    with SandboxProcess(tmp_path_factory.mktemp("sandbox")) as process:
        process.settings(rate_limits="off")
        yield process


@pytest.fixture
def sandbox(_sandbox_process: SandboxProcess, settings) -> Iterator[SandboxProcess]:
    """A fresh X, reached as the real one is: over HTTP."""
    _sandbox_process.control("POST", "reset")
    _sandbox_process.settings(rate_limits="off")
    settings.X_API_BASE_URL = _sandbox_process.url
    settings.XM_RECONCILE_DELAYS = [0.0, 0.0, 0.0]
    settings.XM_CALL_DEADLINE_SECONDS = 4
    yield _sandbox_process
    _sandbox_process.clear_faults()


Connect = Callable[..., Account]


@pytest.fixture
def connect(sandbox: SandboxProcess) -> Connect:
    """`connect(slot)` puts the sandbox's account of that number into the slot."""
    known = {entry["index"]: entry for entry in sandbox.accounts()}

    def make(slot: int) -> Account:
        entry = known[slot]
        app, made = DeveloperApp.objects.get_or_create(name=entry["app"])
        keys = entry["oauth1"]
        if made:
            AppSecret.objects.create(
                app=app,
                consumer_key=keys["consumer_key"],
                consumer_secret=keys["consumer_secret"],
            )
        account = Account.objects.create(
            slot=slot,
            x_user_id=entry["id"],
            username=entry["username"],
            app=app,
            auth_kind=AuthKind.OAUTH1,
            status=AccountStatus.CONNECTED,
        )
        AccountSecret.objects.create(
            account=account,
            access_token=keys["access_token"],
            access_token_secret=keys["access_token_secret"],
        )
        return account

    return make


Schedule = Callable[..., Post]


@pytest.fixture
def schedule() -> Schedule:
    """`schedule(account, "text", …)`: one text is a post, several are a thread. Due now."""

    def make(account: Account, *texts: str, at: datetime | None = None, **fields: object) -> Post:
        content = PostContent(
            parts=tuple(PartContent(text) for text in texts),
            scheduled_time=at or timezone.now() - timedelta(seconds=1),
            **fields,  # type: ignore[arg-type]
        )
        return write_post(
            account=account, content=content, actor=PERSON, is_thread=len(texts) > 1
        ).post

    return make


@pytest.fixture
def homes(tmp_path: Path) -> Path:
    """Where the homes of a test's workers go."""
    return tmp_path
