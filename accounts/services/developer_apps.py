"""Which developer app a set of credentials belongs to: one row per app, however many accounts."""

from __future__ import annotations

from accounts.errors import ConflictError, InvalidError, UndecryptableError
from accounts.models import AppSecret, DeveloperApp
from accounts.states import AppPlan
from accounts.x.credentials import OAuth1Credentials, OAuth2Credentials

NAME_CHARS = 100


def app_for(
    credentials: OAuth1Credentials | OAuth2Credentials,
    *,
    name: str | None = None,
    plan: AppPlan | None = None,
) -> DeveloperApp:
    """The app with this consumer key or client id, found or made, with the keys as given now.

    `name` names a new app, or the existing one that these keys belong to (an app has a consumer
    key and a client id). ConflictError `other_app`: that one has other keys. Stored keys that no
    encryption key opens match nothing; naming their app puts the given ones in their place.
    """
    if name is not None and not 1 <= len(name.strip()) <= NAME_CHARS:
        raise InvalidError.of("app", "invalid", "An app's name has 1 to 100 characters.")
    secret = _by_key(credentials)
    if secret is None:
        secret = _unclaimed(credentials, name=name.strip() if name else None)
    elif name is not None and secret.app.name != name.strip():
        raise ConflictError(
            "other_app",
            f"These keys belong to the app “{secret.app.name}”. Leave --app out, or use its name.",
        )
    if isinstance(credentials, OAuth1Credentials):
        secret.consumer_key = credentials.consumer_key
        secret.consumer_secret = credentials.consumer_secret
    else:
        secret.client_id = credentials.client_id
        secret.client_secret = credentials.client_secret or ""
    secret.save()
    if plan is not None and secret.app.plan != plan:
        secret.app.plan = plan
        secret.app.save(update_fields=["plan"])
    return secret.app


def _key(secret: AppSecret, credentials: OAuth1Credentials | OAuth2Credentials) -> str:
    oauth1 = isinstance(credentials, OAuth1Credentials)
    return secret.consumer_key if oauth1 else secret.client_id


def _given(credentials: OAuth1Credentials | OAuth2Credentials) -> str:
    if isinstance(credentials, OAuth1Credentials):
        return credentials.consumer_key
    return credentials.client_id


def _by_key(credentials: OAuth1Credentials | OAuth2Credentials) -> AppSecret | None:
    """Encrypted columns can't be searched; apps are few, so each is opened and compared."""
    for pk in AppSecret.objects.order_by("pk").values_list("pk", flat=True):
        secret = _open(pk)
        if secret is not None and _key(secret, credentials) == _given(credentials):
            return secret
    return None


def _open(pk: int) -> AppSecret | None:
    try:
        return AppSecret.objects.select_related("app").get(pk=pk)
    except UndecryptableError:
        return None


def forget_unreadable(app: DeveloperApp) -> None:
    """Delete an app that no account uses any more and whose keys can't be opened anyway."""
    if app.accounts.exists():
        return
    pks = AppSecret.objects.filter(app=app).values_list("pk", flat=True)
    if any(_open(pk) is None for pk in pks):
        app.delete()


def _unclaimed(
    credentials: OAuth1Credentials | OAuth2Credentials, *, name: str | None
) -> AppSecret:
    """The secret row of the named app if it has no such key yet, else that of a new app."""
    app = DeveloperApp.objects.filter(name=name).first() if name else None
    if app is None:
        return AppSecret(app=DeveloperApp.objects.create(name=name or _free_name()))
    pk = AppSecret.objects.filter(app=app).values_list("pk", flat=True).first()
    secret = _open(pk) if pk is not None else None
    if secret is None:
        AppSecret.objects.filter(app=app).delete()
        return AppSecret(app=app)
    if _key(secret, credentials):
        raise ConflictError(
            "other_app",
            f"The app “{name}” has other keys. Use another name for --app, or leave it out.",
        )
    return secret


def _free_name() -> str:
    taken = set(DeveloperApp.objects.values_list("name", flat=True))
    number = len(taken) + 1
    while f"App {number}" in taken:
        number += 1
    return f"App {number}"
