"""/api/scheduler/posts: single posts."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.access import account_for
from accounts.api.authentication import principal_of
from accounts.api.filters import MomentFilter
from accounts.errors import InvalidError, XManagerError
from accounts.principals import Principal
from accounts.x.pricing import post_price
from execution import clock
from execution.idempotency import idempotent
from execution.models import Attempt
from execution.states import AttemptState
from publishing.api.serializers import (
    BulkInput,
    PostChange,
    PostInput,
    PostOutput,
    ResolveInput,
    RetryManyInput,
    RevisionInput,
    common_of,
    content_from,
    part_of,
    render_post,
)
from publishing.content import PostContent, check, check_time
from publishing.models import Post
from publishing.projection import preview
from publishing.selectors import events_of, post_for, visible_posts
from publishing.services.posts import (
    cancel_post,
    content_of,
    edit_post,
    publish_now,
    resolve_post,
    retry_post,
    write_post,
)
from publishing.states import PostStatus


class PostFilter(filters.FilterSet):
    account_slot = filters.NumberFilter(field_name="account__slot")
    status = filters.MultipleChoiceFilter(choices=PostStatus.choices)
    scheduled_after = MomentFilter(
        field_name="scheduled_time", lookup_expr="gte", name="scheduled_after"
    )
    scheduled_before = MomentFilter(
        field_name="scheduled_time", lookup_expr="lte", name="scheduled_before"
    )

    class Meta:
        model = Post
        fields = ["account_slot", "status", "scheduled_after", "scheduled_before"]


class PostsView(ListAPIView[Post]):
    """Lists posts or threads; POST writes one."""

    scopes = {"GET": "posts:read", "POST": "posts:write"}
    serializer_class = PostOutput
    filter_backends = [filters.DjangoFilterBackend]
    filterset_class = PostFilter
    orderings = {"-id": ("-id",)}
    queryset = Post.objects.none()
    threads = False

    def get_queryset(self) -> QuerySet[Post]:
        return visible_posts(principal_of(self.request)).filter(is_thread=self.threads)

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        now = clock.now()
        return self.get_paginated_response([render_post(post, now=now) for post in page or []])


def write(principal: Principal, data: dict[str, Any], *, is_thread: bool) -> Response:
    """Write a post or thread and answer with it: 201, or 200 for one that was there already."""
    account = account_for(principal, data["account_slot"])
    content = content_from(data)
    draft = data["status"] == PostStatus.DRAFT
    if data["dry_run"]:
        return Response(_dry_run(principal, content, draft=draft, is_thread=is_thread))
    written = write_post(
        account=account,
        content=content,
        actor=principal,
        is_thread=is_thread,
        draft=draft,
        dedupe=data["dedupe"],
    )
    shown = render_post(post_for(principal, written.post.pk))
    if written.duplicate:
        return Response({**shown, "skipped": True}, status=200)
    return Response(shown, status=201)


def _dry_run(
    principal: Principal, content: PostContent, *, draft: bool, is_thread: bool
) -> dict[str, Any]:
    check(content, is_thread=is_thread)
    if not draft:
        check_time(content, clock.now())
    cost = sum(post_price(part.text) for part in content.parts)
    return {"dry_run": True, "payloads": preview(content), "cost_usd": str(cost)}


class PostListView(PostsView):
    """Single posts."""

    @extend_schema(responses={201: PostOutput, 200: PostOutput})
    @idempotent(PostInput)
    def post(self, request: Request, data: dict[str, Any]) -> Response:
        return write(principal_of(request), data, is_thread=False)


class PostView(APIView):
    """One post: read, change, cancel."""

    scopes = {"GET": "posts:read", "PATCH": "posts:write", "DELETE": "posts:write"}
    threads: bool | None = False

    @extend_schema(responses=PostOutput)
    def get(self, request: Request, post_id: int) -> Response:
        return Response(render_post(post_for(principal_of(request), post_id, thread=self.threads)))

    @extend_schema(responses=PostOutput)
    @idempotent(PostChange)
    def patch(self, request: Request, data: dict[str, Any], post_id: int) -> Response:
        principal = principal_of(request)
        post = post_for(principal, post_id, thread=self.threads)
        changes = _changes(post, data)
        if not changes and "status" not in data:
            raise InvalidError("validation", "Send at least one field to change.")
        edit_post(
            post_id=post.pk,
            changes=changes,
            actor=principal,
            schedule=data.get("status") == PostStatus.SCHEDULED,
            revision=data.get("revision"),
        )
        return Response(render_post(post_for(principal, post_id)))

    @extend_schema(responses=PostOutput)
    @idempotent(RevisionInput)
    def delete(self, request: Request, data: dict[str, Any], post_id: int) -> Response:
        principal = principal_of(request)
        post = post_for(principal, post_id, thread=self.threads)
        cancel_post(post_id=post.pk, actor=principal, revision=data.get("revision"))
        return Response(render_post(post_for(principal, post_id)))


def _changes(post: Post, data: dict[str, Any]) -> dict[str, Any]:
    changes = common_of(data)
    own = ("text", "media", "poll")
    single: dict[str, Any] = {name: data[name] for name in own if name in data}
    if "parts" in data:
        if single:
            raise InvalidError.of(
                "parts", "exclusive", "Send either parts, or text, media and poll."
            )
        if not post.is_thread and len(data["parts"]) > 1:
            raise InvalidError.of(
                "parts", "not_a_thread", "This is a single post. Write a thread for several parts."
            )
        changes["parts"] = tuple(
            part_of(part, f"parts.{number}.media") for number, part in enumerate(data["parts"])
        )
    elif single:
        if post.is_thread:
            raise InvalidError.of("parts", "required", "This is a thread: send all its parts.")
        now = content_of(post).parts[0]
        kept: dict[str, Any] = {
            "text": now.text,
            "media": [{"id": m.asset.pk, "alt_text": m.alt_text} for m in now.media],
            "poll": now.poll,
        }
        changes["parts"] = (part_of({**kept, **single}),)
    return changes


class PostRetryView(APIView):
    """Send a failed or missed post again, now."""

    scopes = {"POST": "posts:write"}
    threads: bool | None = False

    @extend_schema(responses=PostOutput)
    @idempotent()
    def post(self, request: Request, data: dict[str, Any], post_id: int) -> Response:
        principal = principal_of(request)
        post = post_for(principal, post_id, thread=self.threads)
        retry_post(post_id=post.pk, actor=principal)
        return Response(render_post(post_for(principal, post_id)))


class PostPublishNowView(APIView):
    """Let a draft or scheduled post leave at once."""

    scopes = {"POST": "posts:write"}

    @extend_schema(responses={202: PostOutput})
    @idempotent(refresh=lambda principal, body: render_post(post_for(principal, int(body["id"]))))
    def post(self, request: Request, data: dict[str, Any], post_id: int) -> Response:
        principal = principal_of(request)
        publish_now(post_id=post_for(principal, post_id).pk, actor=principal)
        return Response(render_post(post_for(principal, post_id)), status=202)


class PostResolveView(APIView):
    """Answer whether a part of unknown outcome went out."""

    scopes = {"POST": "posts:write"}

    @extend_schema(responses=PostOutput)
    @idempotent(ResolveInput)
    def post(self, request: Request, data: dict[str, Any], post_id: int) -> Response:
        principal = principal_of(request)
        resolve_post(
            post_id=post_for(principal, post_id).pk,
            resolution=data["resolution"],
            x_id=data.get("x_id", ""),
            note=data.get("note", ""),
            actor=principal,
        )
        return Response(render_post(post_for(principal, post_id)))


class PostRetryManyView(APIView):
    """Send many failed or missed posts again; each answers for itself."""

    scopes = {"POST": "posts:write"}

    @extend_schema(responses={200: dict}, operation_id="scheduler_posts_retry_many")
    @idempotent(RetryManyInput)
    def post(self, request: Request, data: dict[str, Any]) -> Response:
        principal = principal_of(request)
        results = []
        for post_id in data["ids"]:
            try:
                retry_post(post_id=post_for(principal, post_id).pk, actor=principal)
            except XManagerError as error:
                results.append(
                    {"id": str(post_id), "ok": False, "code": error.code, "detail": error.detail}
                )
            else:
                results.append({"id": str(post_id), "ok": True})
        return Response({"results": results})


class PostBulkView(APIView):
    """Write up to 100 posts: all of them, or none and an error that says which and why."""

    scopes = {"POST": "posts:write"}

    @extend_schema(responses={201: dict})
    @idempotent(BulkInput)
    def post(self, request: Request, data: dict[str, Any]) -> Response:
        principal = principal_of(request)
        results = []
        for number, given in enumerate(data["posts"]):
            try:
                answer = write(principal, given, is_thread=False)
            except InvalidError as error:
                fields = [
                    {**field, "field": f"posts.{number}.{field['field']}"} for field in error.fields
                ]
                raise InvalidError(error.code, error.detail, fields=fields) from None
            results.append(answer.data)
        return Response({"results": results}, status=201)


class AttemptsView(APIView):
    """Every try at a post's parts, and everything that happened to them, oldest first."""

    scopes = {"GET": "posts:read"}

    @extend_schema(responses={200: dict})
    def get(self, request: Request, post_id: int) -> Response:
        post = post_for(principal_of(request), post_id)
        positions = {part.action_id: part.position for part in post.parts.all() if part.action_id}
        attempts = Attempt.objects.filter(action__in=positions).order_by("id")
        return Response(
            {
                "attempts": [
                    {
                        "part": positions[attempt.action_id],
                        "number": attempt.fence,
                        "state": attempt.state,
                        "state_text": AttemptState(attempt.state).label,
                        "claimed_at": attempt.claimed_at,
                        "sent_at": attempt.sent_at,
                        "finished_at": attempt.finished_at,
                        "http_status": attempt.http_status,
                        "code": attempt.code,
                        "detail": attempt.detail,
                        "x_post_id": attempt.x_id or None,
                        "request": attempt.request,
                    }
                    for attempt in attempts
                ],
                "events": timeline(post),
            }
        )


def timeline(post: Post) -> list[dict[str, Any]]:
    """What happened to a post and its actions, oldest first."""
    return [
        {
            "at": event.at,
            "event": event.name,
            "actor": event.actor_label,
            "data": event.data,
        }
        for event in events_of(post)
    ]
