"""`Idempotency-Key`: the same request again gives the first answer, and one effect.

The claim is a row committed by itself. Effects and the stored answer are one commit that
demands the claim's token: an expired claim thus proves that nothing was committed.
"""

from __future__ import annotations

import functools
import hashlib
import json
import re
import uuid
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils import encoders

from accounts.access import check_slot
from accounts.api.authentication import principal_of
from accounts.errors import ConflictError, InvalidError, MalformedError, XManagerError
from accounts.principals import Principal
from execution import clock
from execution.models import IdempotencyKey

KEY = re.compile(r"[\x21-\x7e]{1,255}")
LEASE = timedelta(seconds=60)
REPLAYED = "Idempotent-Replayed"

Refresh = Callable[[Principal, dict[str, Any]], dict[str, Any] | None]


class _LostClaimError(Exception):
    pass


def idempotent(
    serializer: type[serializers.Serializer[Any]] | None = None,
    *,
    refresh: Refresh | None = None,
) -> Callable[[Callable[..., Response]], Callable[..., Response]]:
    """Make a mutating method of an APIView idempotent.

    The method is called as `method(view, request, data, **path)` with the validated input, in
    one transaction with the stored answer. `refresh` shows the current state when a 202 is
    replayed.
    """

    def decorate(method: Callable[..., Response]) -> Callable[..., Response]:
        @functools.wraps(method)
        def handler(view: Any, request: Request, **path: Any) -> Response:
            data: Mapping[str, Any] = {}
            if serializer is not None:
                checked = serializer(data=request.data, context={"request": request})
                checked.is_valid(raise_exception=True)
                data = checked.validated_data
            key = _key_of(request)

            def work() -> Response:
                return method(view, request, data, **path)

            if key is None or data.get("dry_run"):
                with transaction.atomic():
                    return work()
            return _once(request, key, work, refresh, data)

        handler.idempotent = True  # type: ignore[attr-defined]
        handler.input_serializer = serializer  # type: ignore[attr-defined]
        return handler

    return decorate


def _key_of(request: Request) -> str | None:
    header = request.headers.get("Idempotency-Key")
    key = header
    if key is not None and len(key) >= 2 and key[0] == key[-1] == '"':
        key = key[1:-1]
    if key is not None and not KEY.fullmatch(key):
        raise MalformedError(
            "idempotency_key_invalid",
            "An Idempotency-Key has 1 to 255 visible ASCII characters and no spaces.",
        )
    return key


def _fingerprint(request: Request) -> str:
    digest = hashlib.sha256()
    query = sorted((name, request.query_params.getlist(name)) for name in request.query_params)
    digest.update(json.dumps([request.method, request.path, query]).encode())
    if request.FILES:
        fields = sorted(
            (name, request.POST.getlist(name)) for name in request.POST if name not in request.FILES
        )
        files = sorted(
            (name, _sha256(file)) for name in request.FILES for file in request.FILES.getlist(name)
        )
        digest.update(json.dumps([fields, files]).encode())
    else:
        digest.update(json.dumps(request.data, sort_keys=True, default=str).encode())
    return digest.hexdigest()


def _sha256(file: UploadedFile[Any]) -> str:
    digest = hashlib.sha256()
    for chunk in file.chunks():
        digest.update(chunk)
    file.seek(0)
    return digest.hexdigest()


def _once(
    request: Request,
    key: str,
    work: Callable[[], Response],
    refresh: Refresh | None,
    data: Mapping[str, Any],
) -> Response:
    principal = principal_of(request)
    match = request.resolver_match
    where: dict[str, str] = {
        "principal": principal.key,
        "method": request.method or "",
        "route": (match.route if match else request.path)[:200],
        "key": key,
    }
    fingerprint = _fingerprint(request)
    row, answered = _claim(where, fingerprint)
    if answered:
        # The scope was asked already; the accounts a token may use can change too.
        for slot in _slots_in(data) | _slots_in(row.body):
            check_slot(principal, slot)
        return _replay(row, principal, refresh)
    try:
        with transaction.atomic():
            response = work()
            if response.status_code < 500:
                response.data = _with_skipped(response.data, skipped=False)
                _store(row, response.status_code, response.data)
    except _LostClaimError:
        raise _in_progress() from None
    except XManagerError as refusal:
        if refusal.final:
            _store_refusal(row, refusal)
            refusal.extra = {**refusal.extra, "skipped": False}
        else:
            _release(row)
        raise
    except BaseException:
        _release(row)
        raise
    if response.status_code >= 500:
        _release(row)
    response[REPLAYED] = "false"
    return response


def _claim(where: dict[str, str], fingerprint: str) -> tuple[IdempotencyKey, bool]:
    """The row, and whether it holds an answer already."""
    now = clock.now()
    token = uuid.uuid4()
    claim = {"token": token, "lease_until": now + LEASE}
    try:
        with transaction.atomic():
            made = IdempotencyKey.objects.create(
                **where, **claim, fingerprint=fingerprint, created_at=now
            )
            return made, False
    except IntegrityError:
        pass
    row = IdempotencyKey.objects.filter(**where).first()
    if row is None:
        raise _in_progress()  # released at this moment
    if row.fingerprint != fingerprint:
        raise InvalidError(
            "idempotency_key_reuse",
            "This Idempotency-Key was used with another request. Use a new key for a new request.",
        )
    if row.status_code is not None:
        return row, True
    if row.lease_until > now:
        raise _in_progress()
    taken = IdempotencyKey.objects.filter(
        pk=row.pk, token=row.token, status_code__isnull=True
    ).update(**claim)
    if not taken:
        raise _in_progress()
    row.token = token
    return row, False


def _in_progress() -> ConflictError:
    return ConflictError(
        "idempotency_in_progress",
        "The first request with this key still runs. Ask again in a second.",
        extra={"retry_after": 1},
    )


def _store(row: IdempotencyKey, status: int, body: Any) -> None:
    plain = json.loads(json.dumps(body, cls=encoders.JSONEncoder))
    stored = IdempotencyKey.objects.filter(
        pk=row.pk, token=row.token, status_code__isnull=True
    ).update(status_code=status, body=plain)
    if not stored:
        raise _LostClaimError


def _store_refusal(row: IdempotencyKey, refusal: XManagerError) -> None:
    """A final refusal is an answer too. Kept as what it takes to raise it again."""
    kept = {
        "refusal": type(refusal).__name__,
        "code": refusal.code,
        "detail": refusal.detail,
        "fields": refusal.fields,
        "extra": refusal.extra,
    }
    IdempotencyKey.objects.filter(pk=row.pk, token=row.token).update(status_code=400, body=kept)


def _release(row: IdempotencyKey) -> None:
    IdempotencyKey.objects.filter(pk=row.pk, token=row.token, status_code__isnull=True).delete()


def _replay(row: IdempotencyKey, principal: Principal, refresh: Refresh | None) -> Response:
    body = row.body
    if isinstance(body, dict) and "refusal" in body:
        kinds = {kind.__name__: kind for kind in _kinds(XManagerError)}
        raise kinds[body["refusal"]](
            body["code"],
            body["detail"],
            fields=body["fields"],
            extra={**body["extra"], "skipped": True},
        )
    if row.status_code == 202 and refresh and isinstance(body, dict):
        body = refresh(principal, body) or body
    response = Response(_with_skipped(body, skipped=True), status=row.status_code)
    response[REPLAYED] = "true"
    return response


def _slots_in(value: Any) -> set[int]:
    """Every account that an input or an answer names."""
    if isinstance(value, list):
        return set().union(*(_slots_in(item) for item in value))
    if not isinstance(value, Mapping):
        return set()
    found = set().union(*(_slots_in(item) for item in value.values()))
    slot = value.get("account_slot")
    return found | {slot} if isinstance(slot, int) else found


def _kinds(kind: type[XManagerError]) -> list[type[XManagerError]]:
    return [kind, *(found for sub in kind.__subclasses__() for found in _kinds(sub))]


def _with_skipped(body: Any, *, skipped: bool) -> Any:
    # An import's `skipped` is a count; that it is a replay is told by the header alone.
    if not isinstance(body, dict) or type(body.get("skipped")) is int:
        return body
    return {**body, "skipped": skipped or bool(body.get("skipped"))}
