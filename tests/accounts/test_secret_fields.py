"""Encrypted columns: what can't be done safely with them is refused."""

from __future__ import annotations

import re
from io import StringIO
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from django.core.exceptions import FieldError
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import F, Value
from django.db.models.functions import Concat
from pytest_django import Settings

from accounts.errors import ConflictError, UndecryptableError
from accounts.models import Account, AccountSecret, AppSecret
from accounts.selectors import health_of, secret_models, unreadable_secrets
from accounts.services.connect import connect_account
from accounts.services.credentials import client_for
from tests.accounts.conftest import PERSON, oauth1
from tests.sandbox.process import SandboxProcess

pytestmark = pytest.mark.django_db
PROJECT = Path(__file__).resolve().parents[2]
CANARY = "canary-access-token"


@pytest.fixture
def secret() -> AccountSecret:
    account = Account.objects.create(slot=1)
    return AccountSecret.objects.create(account=account, access_token=CANARY)


def stored(pk: int) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT access_token FROM accounts_accountsecret WHERE id = %s", [pk])
        return str(cursor.fetchone()[0])


def test_the_database_holds_ciphertext(secret: AccountSecret) -> None:
    assert CANARY not in stored(secret.pk)
    assert AccountSecret.objects.get(pk=secret.pk).access_token == CANARY


def test_reading_with_a_wrong_key_raises(secret: AccountSecret, settings: Settings) -> None:
    before = stored(secret.pk)
    settings.FIELD_ENCRYPTION_KEY = [Fernet.generate_key().decode()]
    with pytest.raises(UndecryptableError, match=r"AccountSecret\.access_token"):
        AccountSecret.objects.get(pk=secret.pk)
    assert list(unreadable_secrets()) == [f"accounts.AccountSecret {secret.pk}"]
    assert stored(secret.pk) == before


def test_plaintext_in_the_column_is_not_handed_out(secret: AccountSecret) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE accounts_accountsecret SET access_token = 'plain'")
    with pytest.raises(UndecryptableError):
        AccountSecret.objects.get(pk=secret.pk)


def test_ciphertext_that_is_assigned_is_not_decrypted(secret: AccountSecret) -> None:
    token = stored(secret.pk)
    other = AccountSecret(access_token=token)
    other.clean_fields(exclude=["account"])
    assert other.access_token == token


def test_searching_is_refused(secret: AccountSecret) -> None:
    for lookup in ("access_token", "access_token__startswith", "access_token__in"):
        with pytest.raises(FieldError, match="can't be searched"):
            AccountSecret.objects.filter(**{lookup: [CANARY] if "in" in lookup else CANARY})
    assert AccountSecret.objects.filter(access_token__isnull=False).count() == 1


@pytest.mark.django_db(transaction=True)  # a refused update spoils the transaction it is in
def test_expressions_are_refused(secret: AccountSecret) -> None:
    rows = AccountSecret.objects.filter(pk=secret.pk)
    with pytest.raises(FieldError, match="is encrypted"):
        rows.update(refresh_token=F("access_token"))
    with pytest.raises(FieldError, match="is encrypted"):
        rows.update(refresh_token=Concat(Value("a"), Value("b")))
    secret.access_token = "other"
    with pytest.raises(FieldError, match="is encrypted"):
        AccountSecret.objects.bulk_update([secret], ["access_token"])
    secret.access_token = F("refresh_token")  # type: ignore[assignment]
    with pytest.raises(FieldError, match="is encrypted"):
        secret.save()
    assert AccountSecret.objects.get(pk=secret.pk).access_token == CANARY


def test_a_plain_update_is_encrypted(secret: AccountSecret) -> None:
    AccountSecret.objects.update(access_token="another")
    assert "another" not in stored(secret.pk)
    assert AccountSecret.objects.get(pk=secret.pk).access_token == "another"


def test_dumpdata_refuses_to_write_secrets(secret: AccountSecret) -> None:
    out = StringIO()
    with pytest.raises(CommandError, match=r"--exclude accounts\.AccountSecret"):
        call_command("dumpdata", "accounts", stdout=out)
    assert CANARY not in out.getvalue()


def test_no_form_or_serializer_names_a_secret_table() -> None:
    """Secrets are for the services that sign and rotate; no page, form or route loads them."""
    tables = [model.__name__ for model, _ in secret_models()]
    assert {"AppSecret", "AccountSecret"} <= set(tables)
    pattern = re.compile(rf"\b({'|'.join(tables)})\b")
    doors = [
        path
        for path in PROJECT.glob("[a-z]*/**/*.py")
        if path.parts[len(PROJECT.parts)] != "tests"
        and (path.stem in ("admin", "forms", "serializers", "views") or "api" in path.parts)
    ]
    assert not [str(path) for path in doors if pattern.search(path.read_text())]


def test_rotation_moves_every_row_under_the_first_key(
    secret: AccountSecret, settings: Settings
) -> None:
    old, new = settings.FIELD_ENCRYPTION_KEY[0], Fernet.generate_key().decode()
    settings.FIELD_ENCRYPTION_KEY = [new, old]
    out = StringIO()
    call_command("rotate_keys", stdout=out)
    assert "accounts.AccountSecret: 1 row re-encrypted" in out.getvalue()
    settings.FIELD_ENCRYPTION_KEY = [new]
    assert AccountSecret.objects.get(pk=secret.pk).access_token == CANARY


def test_rotation_names_what_no_key_opens(secret: AccountSecret, settings: Settings) -> None:
    good = Account.objects.create(slot=2)
    settings.FIELD_ENCRYPTION_KEY = [Fernet.generate_key().decode()]
    readable = AccountSecret.objects.create(account=good, access_token="fine")
    before = stored(secret.pk)
    with pytest.raises(CommandError, match=rf"opens: accounts\.AccountSecret {secret.pk}\."):
        call_command("rotate_keys", stdout=StringIO())
    assert stored(secret.pk) == before
    assert AccountSecret.objects.get(pk=readable.pk).access_token == "fine"


def test_a_lost_key_stops_that_account_only_and_connecting_again_heals_it(
    x: SandboxProcess, acme: Account, settings: Settings
) -> None:
    settings.FIELD_ENCRYPTION_KEY = [Fernet.generate_key().decode()]
    northwind = connect_account(slot=2, credentials=oauth1(x.account("northwind")), actor=PERSON)
    assert health_of(northwind).ok
    assert health_of(acme).status == "unreadable"
    assert "connect_account --slot 1" in health_of(acme).next_step
    with pytest.raises(UndecryptableError):
        client_for(acme)
    connect_account(slot=1, credentials=oauth1(x.account("acme")), actor=PERSON)
    acme.refresh_from_db()
    assert client_for(acme).me().username == "acme"
    assert list(unreadable_secrets()) == []
    assert AppSecret.objects.count() == 1


def test_an_account_without_tokens_has_no_client(db: None) -> None:
    with pytest.raises(ConflictError):
        client_for(Account.objects.create(slot=5))
