"""Accounts, tokens and the media library in the admin."""

from __future__ import annotations

from django.test import Client
from django.urls import reverse

from accounts.models import Account, AgentToken, Event
from accounts.services.agents import create_agent_token
from accounts.states import AccountStatus
from publishing.models import MediaAsset
from tests.admin.conftest import ALICE, SignIn


def page(account: Account) -> str:
    return reverse("admin:accounts_account_change", args=[account.pk])


def test_health_comes_with_reason_and_next_step(admin: Client, account: Account) -> None:
    Account.objects.update(
        status=AccountStatus.RECONNECT_NEEDED, status_reason="X refused the tokens."
    )
    text = admin.get(page(account)).content.decode()
    assert "Reconnect needed" in text
    assert "X refused the tokens." in text
    assert "./xm connect_account --slot 1" in text
    assert "?target=account:1" in text


def test_zone_and_grace_are_settings_and_nothing_else_is(admin: Client, account: Account) -> None:
    form = {
        "timezone": "Asia/Tokyo",
        "grace_minutes": "30",
        "status": "disconnected",
        "x_user_id": "666",
        "slot": "9",
    }
    assert admin.post(page(account), form).status_code == 302
    account.refresh_from_db()
    assert (account.timezone, account.grace_minutes) == ("Asia/Tokyo", 30)
    assert (account.status, account.x_user_id, account.slot) == ("connected", "1001", 1)


def test_an_unknown_zone_is_refused(admin: Client, account: Account) -> None:
    response = admin.post(page(account), {"timezone": "Mars/Base", "grace_minutes": "-1"})
    assert set(response.context["adminform"].form.errors) == {"timezone", "grace_minutes"}


def test_an_operator_may_not_change_accounts(as_role: SignIn, account: Account) -> None:
    form = {"timezone": "Asia/Tokyo", "grace_minutes": "30"}
    assert as_role("operator").post(page(account), form).status_code == 403


def test_a_token_is_revoked_after_a_confirmation(
    admin: Client, as_role: SignIn, account: Account
) -> None:
    token, _ = create_agent_token(actor=ALICE, name="bot", scopes=["posts:read"])
    address = reverse("admin:accounts_agenttoken_changelist")
    chosen = {"action": "revoke", "_selected_action": [token.pk]}
    asked = admin.post(address, chosen)
    assert str(token) in asked.content.decode()
    as_role("operator").post(address, {**chosen, "confirmed": "yes"})
    assert AgentToken.objects.get().revoked_at is None
    admin.post(address, {**chosen, "confirmed": "yes"})
    assert AgentToken.objects.get().revoked_at is not None
    assert Event.objects.filter(name="agent_token.revoked", actor_label="the-admin").count() == 1
    again = admin.post(address, {**chosen, "confirmed": "yes"}, follow=True)
    assert "0 revoked." in again.content.decode()


def test_alt_text_is_changed_by_the_service(admin: Client, account: Account) -> None:
    asset = MediaAsset.objects.create(
        sha256="a" * 64, mime_type="image/png", size=1, stored_name="a.png", created_by="Alice"
    )
    address = reverse("admin:publishing_mediaasset_change", args=[asset.pk])
    admin.post(address, {"alt_text": "A door", "sha256": "b" * 64})
    asset.refresh_from_db()
    assert (asset.alt_text, asset.sha256) == ("A door", "a" * 64)
    assert Event.objects.filter(name="media.edited").exists()
