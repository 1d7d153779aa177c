"""The one door to encryption at rest: `encrypted_model_fields`, guarded.

The package fails open: with a wrong key it hands out the ciphertext as if it were the
text. Here reading raises instead, and what the package can't do safely is refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import FieldError

from accounts.errors import UndecryptableError

if TYPE_CHECKING:  # the package comes without types
    from django.db.models import TextField

    EncryptedTextField = TextField[str, str]
else:
    from encrypted_model_fields.fields import EncryptedTextField


def fernet() -> MultiFernet:
    """Reads with every key of FIELD_ENCRYPTION_KEY, writes with the first (the newest)."""
    return MultiFernet([Fernet(key) for key in settings.FIELD_ENCRYPTION_KEY])


class SecretTextField(EncryptedTextField):
    """Text that is ciphertext in the database and can't be searched, copied or shown by forms."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("editable", False)
        super().__init__(*args, **kwargs)

    def from_db_value(self, value: str | None, *args: Any) -> str | None:
        if value is None or value == "":
            return value
        try:
            return fernet().decrypt(value.encode()).decode()
        except InvalidToken:
            raise UndecryptableError(self.model._meta.label, self.name) from None

    def to_python(self, value: Any) -> Any:
        return value

    def get_db_prep_save(self, value: Any, connection: Any) -> Any:
        if hasattr(value, "resolve_expression"):
            raise FieldError(f"{self.name} is encrypted: assign text and save the object.")
        if value is None or value == "":
            return value
        return fernet().encrypt(str(value).encode()).decode()

    def get_placeholder(self, value: Any, compiler: Any, connection: Any) -> str:
        # The one place an UPDATE passes through with an expression (`update(x=F(...))`,
        # `bulk_update`): there it would store what the expression yields, unencrypted.
        if hasattr(value, "resolve_expression"):
            raise FieldError(f"{self.name} is encrypted: assign text and save the object.")
        return "%s"

    def value_to_string(self, obj: Any) -> str:
        raise FieldError(
            f"{self.model._meta.label}.{self.name} is a secret and can't be serialized. "
            f"Leave the table out (--exclude {self.model._meta.label})."
        )

    def get_lookup(self, lookup_name: str) -> Any:
        if lookup_name != "isnull":
            raise FieldError(f"{self.name} is encrypted: it can't be searched.")
        return super().get_lookup(lookup_name)
