"""People of each role, and rows for every page of the admin, made without calling X."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.test import Client
from django.utils import timezone

from accounts.models import Account, AccountSecret, AppSecret, DeveloperApp
from accounts.principals import Principal
from accounts.states import AccountStatus, AuthKind
from execution.models import Action, Attempt
from execution.states import ActionStatus, AttemptState
from publishing.content import PartContent, PostContent
from publishing.models import Post
from publishing.projection import show_status
from publishing.services.posts import write_post

CANARY = "CANARY-secret-that-no-page-shows"
ALICE = Principal(kind="user", id="1", label="Alice")


@pytest.fixture
def account(db) -> Account:
    app = DeveloperApp.objects.create(name="Main app")
    AppSecret.objects.create(app=app, consumer_key=CANARY, consumer_secret=CANARY)
    account = Account.objects.create(
        slot=1,
        x_user_id="1001",
        username="northwind",
        app=app,
        auth_kind=AuthKind.OAUTH1,
        status=AccountStatus.CONNECTED,
        timezone="Europe/Berlin",
    )
    AccountSecret.objects.create(
        account=account, access_token=CANARY, access_token_secret=CANARY, refresh_token=CANARY
    )
    return account


SignIn = Callable[[str], Client]


@pytest.fixture
def as_role(db) -> SignIn:
    """A client signed in as staff with one role; "nobody" is staff without any."""

    def make(role: str) -> Client:
        user, _ = get_user_model().objects.get_or_create(username=f"the-{role}", is_staff=True)
        if role != "nobody":
            user.groups.add(Group.objects.get(name=role))
        client = Client()
        client.force_login(user)
        return client

    return make


@pytest.fixture
def admin(as_role: SignIn) -> Client:
    return as_role("admin")


WritePost = Callable[..., Post]


@pytest.fixture
def write(account: Account) -> WritePost:
    """`write("text", …)`: scheduled for tomorrow; several texts are a thread."""

    def make(
        *texts: str, at: datetime | None = None, draft: bool = False, **fields: object
    ) -> Post:
        content = PostContent(
            parts=tuple(PartContent(text) for text in texts),
            scheduled_time=None if draft else at or timezone.now() + timedelta(days=1),
            **fields,  # type: ignore[arg-type]
        )
        return write_post(
            account=account, content=content, actor=ALICE, is_thread=len(texts) > 1, draft=draft
        ).post

    return make


def bring_to(
    post: Post,
    status: str,
    *,
    position: int = 1,
    attempt: AttemptState | None = None,
    **values: object,
) -> Action:
    """Put one part into a state as the engine leaves it, with the attempt that led there."""
    part = post.parts.get(position=position)
    values.setdefault("retryable", status in (ActionStatus.FAILED, ActionStatus.MISSED))
    values.setdefault("needs_person", status == ActionStatus.UNKNOWN)
    if status != ActionStatus.SCHEDULED:
        values.setdefault("fence", 1)
    Action.objects.filter(pk=part.action_id).update(status=status, **values)
    action = Action.objects.get(pk=part.action_id)
    if attempt:
        Attempt.objects.create(
            action=action,
            fence=action.fence,
            state=attempt,
            worker="host-1",
            pause_epoch=1,
            operation="create_post",
            request={"text": part.text},
            digest="d" * 64,
            claimed_at=datetime(2026, 3, 1, 10, 0, tzinfo=UTC),
            sent_at=datetime(2026, 3, 1, 10, 0, tzinfo=UTC),
            http_status=403 if attempt == AttemptState.REJECTED else None,
            code=action.error_code,
            detail=action.error_detail,
            raw='{"raw": "answer of X"}',
            x_id=action.x_id,
        )
    show_status(post.pk)
    post.refresh_from_db()
    return action


def messages_of(response) -> str:
    """What the page told, as one text."""
    return " ".join(str(message) for message in response.context["messages"])
