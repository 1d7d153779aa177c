"""Every registered page opens for those who may open it, and for nobody else."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.apps import apps
from django.contrib import admin as django_admin
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_q.models import Failure, OrmQ, Schedule, Success, Task

from accounts.models import AccountSecret, Agent, AgentToken, AppSecret, Capability, Event
from accounts.services.agents import create_agent_token
from execution.models import (
    Action,
    Attempt,
    IdempotencyKey,
    MediaUpload,
    WorkerHeartbeat,
)
from execution.services.pause import pause
from execution.states import ActionStatus, AttemptState
from policy.models import Cooldown, PauseSwitch, XCall
from publishing.models import MediaAsset, PartMedia, Post, PostImport, PostImportItem
from tests.admin.conftest import ALICE, CANARY, SignIn, WritePost, bring_to

OURS = ("accounts", "policy", "execution", "publishing")
SECRETS = {AccountSecret, AppSecret}
REGISTERED = sorted(
    (m for m in django_admin.site._registry if m._meta.app_label in (*OURS, "django_q")),
    key=lambda model: model._meta.label,
)
# History, and what only the engine or a service writes.
READ_ONLY = {
    Event,
    AgentToken,
    Capability,
    Action,
    Attempt,
    XCall,
    IdempotencyKey,
    WorkerHeartbeat,
    PostImport,
    PauseSwitch,
    Schedule,
    OrmQ,
    Success,
    Failure,
}


@pytest.fixture
def world(account, write: WritePost) -> dict[str, str]:
    """One row of every model, with canaries where secrets lie. Returns the token's key."""
    now = timezone.now()
    post = write("A failed post about https://example.com/a")
    action = bring_to(
        post, ActionStatus.FAILED, attempt=AttemptState.REJECTED, error_code="forbidden"
    )
    write("first", "second")
    write("a draft", draft=True)
    asset = MediaAsset.objects.create(
        sha256="a" * 64,
        mime_type="image/png",
        size=1,
        stored_name="a.png",
        original_name="a.png",
        created_by="Alice",
    )
    PartMedia.objects.create(part=post.parts.get(), asset=asset, position=1)
    post_import = PostImport.objects.create(
        account=account,
        stored_name="i.csv",
        sha256="b" * 64,
        created_by="Alice",
        created_by_key="user:1",
    )
    PostImportItem.objects.create(
        post_import=post_import, position=0, line=2, result="post", post=post
    )
    Capability.objects.create(account=account, name="like", reason="r", learned_at=now)
    Cooldown.objects.create(account=account, operation="create_post", until=now, reason="429")
    XCall.objects.create(
        account=account,
        operation="create_post",
        method="POST",
        path="/2/tweets",
        status=403,
        started_at=now,
        duration_ms=3,
        cost_usd="0.0100",
    )
    MediaUpload.objects.create(account=account, sha256="a" * 64)
    WorkerHeartbeat.objects.create(name="host-1", pid=1, started_at=now, seen_at=now)
    IdempotencyKey.objects.create(
        principal="agent:1",
        method="POST",
        route="r",
        key="k",
        fingerprint="f",
        token=uuid4(),
        lease_until=now,
        body={"answer": CANARY},
        created_at=now,
    )
    _, key = create_agent_token(actor=ALICE, name="bot", scopes=["posts:read"])
    pause(scope="account", value="1", reason="a drill", actor=ALICE)
    Schedule.objects.create(name="tick", func="execution.tasks.tick")
    OrmQ.objects.create(key="xmanager", payload="not a payload", lock=now)
    for number, success in enumerate((True, False)):
        Task.objects.create(
            id=f"t{number}",
            name=f"task {number}",
            func="f",
            success=success,
            started=now,
            stopped=now + timedelta(seconds=1),
        )
    assert action.pk
    return {"key": key}


def address(model: type, page: str, *args: object) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def test_every_model_of_ours_is_registered_but_the_secrets() -> None:
    expected = {
        model
        for label in OURS
        for model in apps.get_app_config(label).get_models()
        if model not in SECRETS
    }
    assert expected - set(django_admin.site._registry) == set()
    assert SECRETS & set(django_admin.site._registry) == set()


@pytest.mark.parametrize("model", REGISTERED, ids=lambda m: m._meta.label)
def test_list_and_object_open_for_the_admin_and_show_no_secret(
    model: type, world: dict[str, str], admin: Client
) -> None:
    # django-q2's own tables and the token's digest included
    hidden = [CANARY, world["key"], AgentToken.objects.get().digest]
    row = model._default_manager.first()
    assert row is not None, "the world lacks a row of this model"
    pages = [address(model, "changelist"), address(model, "change", row.pk)]
    pages.append(address(model, "changelist") + "?q=x")
    for page in pages:
        response = admin.get(page, follow=True)
        assert response.status_code == 200
        text = response.content.decode()
        assert not [secret for secret in hidden if secret in text]


@pytest.mark.parametrize("model", REGISTERED, ids=lambda m: m._meta.label)
def test_nobody_else_gets_in(model: type, world: dict[str, str], as_role: SignIn) -> None:
    row = model._default_manager.first()
    for page in (address(model, "changelist"), address(model, "change", row.pk)):
        anonymous = Client().get(page)
        assert anonymous.status_code == 302
        assert reverse("admin:login") in anonymous["Location"]
        assert as_role("nobody").get(page).status_code == 403
    allowed = model._meta.app_label != "django_q"
    answer = as_role("viewer").get(address(model, "changelist"))
    assert answer.status_code == (200 if allowed else 403)


@pytest.mark.parametrize("model", sorted(READ_ONLY, key=lambda m: m._meta.label))
def test_history_can_be_neither_added_changed_nor_deleted(
    model: type, world: dict[str, str], admin_client: Client
) -> None:
    row = model._default_manager.first()
    before = model._default_manager.filter(pk=row.pk).values().get()
    assert admin_client.get(address(model, "add")).status_code == 403
    assert admin_client.post(address(model, "change", row.pk), {"name": "x"}).status_code == 403
    assert admin_client.post(address(model, "delete", row.pk), {"post": "yes"}).status_code == 403
    assert model._default_manager.filter(pk=row.pk).values().get() == before


def test_a_viewer_may_not_write_a_post(as_role: SignIn, account) -> None:
    assert as_role("viewer").get(address(Post, "add")).status_code == 403
    assert as_role("operator").get(address(Post, "add")).status_code == 200


def test_the_start_page_says_what_goes_out_and_what_needs_a_person(world, admin: Client) -> None:
    text = admin.get(reverse("admin:index")).content.decode()
    assert "Worker alive" in text
    assert "first" in text
    assert "?status__exact=failed" in text
    assert "a drill" in text


def test_the_start_page_of_an_empty_house_says_the_next_step(admin: Client) -> None:
    text = admin.get(reverse("admin:index")).content.decode()
    assert "No worker" in text
    assert "./xm up" in text
    assert "./xm connect_account --slot 1" in text
    assert "Nothing is scheduled" in text


def test_pages_obey_the_content_security_policy(world, admin: Client) -> None:
    """No inline script, style or handler: the policy of the settings has no exception."""
    post = Post.objects.order_by("pk").first()
    assert post
    for page in (
        reverse("admin:index"),
        address(Post, "changelist"),
        address(Post, "change", post.pk),
        address(Post, "add"),
        reverse("admin:ops_pause"),
    ):
        response = admin.get(page)
        text = response.content.decode()
        assert "unsafe" not in response["Content-Security-Policy"]
        assert ' style="' not in text
        assert "<style" not in text
        assert " onclick=" not in text
        assert "<script>" not in text


def test_an_agent_can_be_switched_off_but_not_renamed(world, admin: Client) -> None:
    agent = Agent.objects.get()
    response = admin.post(address(Agent, "change", agent.pk), {"name": "other", "owner": ""})
    assert response.status_code == 302
    agent.refresh_from_db()
    assert (agent.is_active, agent.name) == (False, "bot")
