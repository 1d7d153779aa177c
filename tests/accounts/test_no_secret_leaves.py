"""Canary secrets: connected, renewed, refused, and shown nowhere."""

from __future__ import annotations

import json
import logging
import pickle
from typing import Any

import pytest
from django.core import serializers
from django.db import connection
from django.forms.models import model_to_dict

from accounts import audit
from accounts.errors import XManagerError
from accounts.models import Account, AccountSecret, AppSecret, Event
from accounts.selectors import capabilities_of, health_of
from accounts.services.connect import connect_account
from accounts.services.credentials import client_for, refresh_after_401, refresh_if_needed
from tests.accounts.conftest import PERSON, oauth1, oauth2
from tests.sandbox.process import SandboxProcess

pytestmark = pytest.mark.django_db


def test_canaries_are_nowhere(
    x: SandboxProcess, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    shown: list[str] = []
    canaries: set[str] = set()

    def remember() -> None:
        for secret in AccountSecret.objects.all():
            canaries.update({secret.access_token, secret.access_token_secret, secret.refresh_token})
            shown.extend([repr(secret), str(secret)])
        for keys in AppSecret.objects.all():
            canaries.update({keys.consumer_key, keys.consumer_secret, keys.client_id})
            canaries.add(keys.client_secret)
            shown.extend([repr(keys), str(keys)])

    first = connect_account(slot=1, credentials=oauth2(x.account("acme")), actor=PERSON)
    second = connect_account(slot=2, credentials=oauth1(x.account("northwind")), actor=PERSON)
    remember()
    refresh_after_401(first, 1)
    remember()
    x.fault("refresh_token", "garbage_after", times=2)
    Account.objects.update(token_expires_at="2026-01-01T00:00:00Z")
    refresh_if_needed(first)
    for given in (
        oauth2(x.account("acme"), access_token="canary-a", refresh_token="canary-b"),
        oauth1(x.account("northwind_eu")),
    ):
        canaries.update(given.secrets())
        try:
            connect_account(slot=9, credentials=given, actor=PERSON)
        except XManagerError as error:
            shown.extend([repr(error), error.detail, str(error.__context__), str(error.fields)])
    for account in (first, second):
        client = client_for(account)
        shown.extend([repr(client), repr(client.last_call), repr(account)])
        shown.extend([repr(health_of(account)), repr(capabilities_of(account))])
        shown.append(repr(model_to_dict(account)))
        shown.append(serializers.serialize("json", [account]))
    audit.seal()
    events = list(Event.objects.values_list("data", "actor_label", "object_id"))
    shown.extend([json.dumps(events), caplog.text, *capsys.readouterr(), dump()])
    canaries.discard("")
    assert len(canaries) >= 10
    text = "\n".join(shown)
    assert not [canary for canary in canaries if canary in text]


def dump() -> str:
    """Every column of every table of this app, as the database holds it."""
    rows: list[Any] = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            if table.startswith("accounts_"):
                cursor.execute(f'SELECT * FROM "{table}"')
                rows.extend(cursor.fetchall())
    return repr(rows)


def test_errors_of_x_are_shown_without_secrets_when_pickled(
    x: SandboxProcess, acme: Account
) -> None:
    x.make_account("acme", access="revoked")
    try:
        client_for(acme).me()
    except Exception as error:
        text = repr(pickle.dumps(error))
        secret = AccountSecret.objects.get(account=acme)
        assert secret.access_token not in text
        assert secret.access_token_secret not in text
    else:
        pytest.fail("X showed the profile of a revoked token")
    finally:
        x.make_account("acme", access="active")
