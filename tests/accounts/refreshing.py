"""A process that renews the pair of slot 1: `python -m tests.accounts.refreshing [crash]`.

With `crash` it dies between X's answer and the moment the new pair is stored.
"""

from __future__ import annotations

import os
import sys

import django


def main() -> None:
    django.setup()
    from accounts.models import Account
    from accounts.services import credentials

    if sys.argv[1:] == ["crash"]:
        credentials._store = lambda *_: os._exit(9)  # type: ignore[assignment]
    account = Account.objects.get(slot=1)
    print("ready", flush=True)
    sys.stdin.readline()
    print(credentials.refresh_after_401(account, 1), flush=True)


if __name__ == "__main__":
    main()
