"""The first inhabitants: the same on every machine, so tests can name them.

Credentials are derived from a fixed phrase. They open nothing but a sandbox on loopback.
"""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

from .store import X_EPOCH_MS, Store

ALL_SCOPES = (
    "tweet.read tweet.write users.read dm.read dm.write media.write tweet.moderate.write "
    "bookmark.read bookmark.write follows.read follows.write like.read like.write offline.access"
)
ACCESS_TOKEN_S = 7200  # X docs: OAuth 2.0 user access tokens live two hours
REFRESH_TOKEN_S = 182 * 86400  # about six months, as users report
PERMISSIONS = ("read", "read-write", "read-write-dm")

APPS = ("sandbox app", "sandbox second app")
FIRST_APP_ACCOUNTS = 24  # accounts 1..24 belong to the first app, the rest to the second

ACCOUNTS = (
    ("acme", "Acme Tools"), ("acme_help", "Acme Support"), ("acme_jobs", "Acme Careers"),
    ("northwind", "Northwind Traders"), ("northwind_eu", "Northwind Europe"),
    ("larkfield", "Larkfield Dairy"), ("brightpath", "Brightpath Energy"),
    ("harborlight", "Harborlight Books"), ("cedarandco", "Cedar & Co"),
    ("novaroasters", "Nova Roasters"), ("fernhill", "Fernhill Garden Centre"),
    ("tidewater", "Tidewater Ferries"), ("quillpress", "Quill Press"),
    ("sunnydalebikes", "Sunnydale Bikes"), ("orbitlabs", "Orbit Labs"),
    ("maplestreet", "Maple Street Bakery"), ("stonebridge", "Stonebridge Hotels"),
    ("pinnacle_fit", "Pinnacle Fitness"), ("bluefinapps", "Bluefin Apps"),
    ("velvetrecords", "Velvet Records"), ("greenloop", "Greenloop Recycling"),
    ("ironwood", "Ironwood Furniture"), ("skylarkair", "Skylark Air"),
    ("copperkettle", "Copper Kettle Teas"), ("daybreaknews", "Daybreak News"),
    ("lumenoptics", "Lumen Optics"), ("riverbendzoo", "Riverbend Zoo"),
    ("papertrail", "Papertrail Stationery"), ("summitgear", "Summit Gear"),
    ("willowclinic", "Willow Clinic"),
)  # fmt: skip

PEOPLE = (
    ("maria_ortega", "María Ortega"), ("jonas_lind", "Jonas Lind"), ("priya_writes", "Priya N."),
    ("tomwebb84", "Tom Webb"), ("aiko_tanaka", "田中 愛子"), ("lena_k", "Lena K."),
    ("samuel_oduya", "Samuel Oduya"), ("chloe_dubois", "Chloé Dubois"), ("old_pete", "Pete"),
    ("nadia_h", "Nadia H."), ("gregs_garage", "Greg's Garage"), ("wei_zhang_", "Wei Zhang"),
    ("hannah_runs", "Hannah 🏃"), ("mikkel_s", "Mikkel S."), ("ruth_bell", "Ruth Bell"),
    ("diego_fm", "Diego FM"), ("anna_petrova", "Анна Петрова"), ("kofi_mensah", "Kofi Mensah"),
    ("zoe_draws", "Zoë draws"), ("closed_casper", "Casper"),
)  # fmt: skip
CLOSED_TO_DMS = "closed_casper"  # refuses messages from those to whom it has not written


def secret(*parts: object, length: int = 40) -> str:
    """A stable made-up credential for these parts."""
    digest = hashlib.sha512("/".join(["sandbox", *map(str, parts)]).encode()).digest()
    return base64.b32encode(digest).decode().lower().rstrip("=")[:length]


def _number(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:6])


def user_id(username: str) -> int:
    """A snowflake of the years 2014 to 2023, from the name alone."""
    made_ms = 1388534400000 + _number("user " + username.lower()) % (9 * 365 * 86_400_000)
    return (made_ms - X_EPOCH_MS) << 22 | _number("tail " + username.lower()) % (1 << 22)


def fill(store: Store) -> None:
    """Put the apps, the connectable accounts and the people into an empty store."""
    with store.transaction() as db:
        if store.value("SELECT count(*) FROM apps"):
            return
        for number, name in enumerate(APPS, start=1):
            db.execute(
                "INSERT INTO apps VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    number,
                    name,
                    secret("consumer key", number, length=25),
                    secret("consumer secret", number, length=50),
                    secret("client id", number, length=34),
                    secret("client secret", number, length=50),
                    "AAAA" + secret("bearer", number, length=80),
                ),
            )
        for slot, (username, name) in enumerate(ACCOUNTS, start=1):
            add_account(store, username, name, app_id=1 if slot <= FIRST_APP_ACCOUNTS else 2)
        for username, name in PEOPLE:
            add_person(store, username, name)


def add_person(store: Store, username: str, name: str = "") -> dict[str, Any]:
    """Someone who writes but cannot be connected. Answers the row."""
    return _add_user(store, username, name, slot=None, app_id=None, permission=None)


def add_account(
    store: Store,
    username: str,
    name: str = "",
    *,
    app_id: int = 1,
    permission: str = PERMISSIONS[-1],
) -> dict[str, Any]:
    """A connectable account with OAuth 1.0a tokens and an OAuth 2.0 grant. Answers the row."""
    slot = 1 + (store.value("SELECT max(slot) FROM users") or 0)
    user = _add_user(store, username, name, slot=slot, app_id=app_id, permission=permission)
    grant(store, user, ALL_SCOPES, label=username.lower())
    return user


def _add_user(
    store: Store,
    username: str,
    name: str,
    *,
    slot: int | None,
    app_id: int | None,
    permission: str | None,
) -> dict[str, Any]:
    number = _number("profile " + username.lower())
    id_ = user_id(username)
    profile = {
        "description": f"{name or username}. Lives in a sandbox.",
        "location": ("Leeds", "Malmö", "Lyon", "Austin", "Osaka", "Accra")[number % 6],
        "followers_count": 40 + number % 48_000,
        "following_count": 10 + number % 900,
        "listed_count": number % 60,
        "verified_type": "business" if slot and slot % 5 == 0 else "none",
    }
    with store.transaction() as db:
        db.execute(
            "INSERT INTO users (id, username, username_lower, name, slot, app_id, profile,"
            " permission, dm_open, token, token_secret) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                id_,
                username,
                username.lower(),
                name or username,
                slot,
                app_id,
                json.dumps(profile),
                permission,
                int(username != CLOSED_TO_DMS),
                f"{id_}-{secret('token', username.lower())}" if slot else None,
                secret("token secret", username.lower(), length=45) if slot else None,
            ),
        )
    return store.row("SELECT * FROM users WHERE id = ?", (id_,)) or {}


def grant(
    store: Store, user: dict[str, Any], scopes: str, *, label: str, app_id: int | None = None
) -> dict[str, Any]:
    """A new OAuth 2.0 grant with its first pair of tokens, named after `label`."""
    with store.transaction() as db:
        cursor = db.execute(
            "INSERT INTO grants (user_id, app_id, scopes) VALUES (?, ?, ?)",
            (user["id"], app_id or user["app_id"], scopes),
        )
        return issue_pair(store, int(cursor.lastrowid or 0), scopes, label)


def issue_pair(store: Store, grant_id: int, scopes: str, label: str) -> dict[str, Any]:
    """A fresh access token (2 h) and, with offline.access, a refresh token. X's answer body."""
    now = store.clock.now_ms()
    answer: dict[str, Any] = {
        "token_type": "bearer",
        "expires_in": ACCESS_TOKEN_S,
        "access_token": secret("access", grant_id, label, length=80),
        "scope": scopes,
    }
    with store.transaction() as db:
        insert = "INSERT INTO tokens (token, grant_id, kind, expires_ms) VALUES (?, ?, ?, ?)"
        expires = now + ACCESS_TOKEN_S * 1000
        db.execute(insert, (answer["access_token"], grant_id, "access", expires))
        if "offline.access" in scopes.split():
            answer["refresh_token"] = secret("refresh", grant_id, label, length=80)
            expires = now + REFRESH_TOKEN_S * 1000
            db.execute(insert, (answer["refresh_token"], grant_id, "refresh", expires))
    return answer
