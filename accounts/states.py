from django.db import models


class AccountStatus(models.TextChoices):
    CONNECTED = "connected", "Connected"
    RECONNECT_NEEDED = "reconnect_needed", "Reconnect needed"
    DISCONNECTED = "disconnected", "Disconnected"


class AuthKind(models.TextChoices):
    OAUTH1 = "oauth1", "OAuth 1.0a"
    OAUTH2 = "oauth2", "OAuth 2.0"


class AppPlan(models.TextChoices):
    """What X sold the developer app. Decides what is refused before it is tried."""

    SELF_SERVE = "self_serve", "Self-serve (pay per use)"
    OTHER = "other", "Enterprise or an older plan"


class AccessLevel(models.TextChoices):
    """What an OAuth 1.0a token may do, in the words of X's `x-access-level` header."""

    READ = "read", "Read"
    READ_WRITE = "read-write", "Read and write"
    READ_WRITE_DM = "read-write-directmessages", "Read, write and direct messages"
