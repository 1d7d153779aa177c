"""The settings of the test run: the real ones, over a home and an environment of its own.

Nothing of the machine's own installation is read or written. `XM_TEST_DATABASE_URL` and
`XM_TEST_BROKER_URL` choose the database (default: SQLite in the temporary home) and the broker
(default: that database).
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile

_OURS = ("XM_", "X_", "FIELD_ENCRYPTION_KEY", "DATABASE_URL")
_KEPT = ("XM_TEST_", "XM_X_OPENAPI")
for _name in list(os.environ):
    if _name.startswith(_OURS) and not _name.startswith(_KEPT):
        del os.environ[_name]

_home = tempfile.mkdtemp(prefix="xm-test-")
atexit.register(shutil.rmtree, _home, ignore_errors=True)
os.environ["XM_HOME"] = _home
os.environ["X_API_BASE_URL"] = "http://127.0.0.1:9"  # nobody listens: a test names its own server
for _name, _source in (
    ("DATABASE_URL", "XM_TEST_DATABASE_URL"),
    ("XM_BROKER_URL", "XM_TEST_BROKER_URL"),
):
    if os.environ.get(_source):
        os.environ[_name] = os.environ[_source]

from xmanager.settings import *  # noqa: E402, F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # fast, and never kept
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
