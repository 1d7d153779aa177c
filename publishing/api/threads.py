"""/api/scheduler/thread(s): several posts in a row."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.authentication import principal_of
from execution.idempotency import idempotent
from publishing.api.posts import PostRetryView, PostsView, PostView, write
from publishing.api.serializers import PostOutput, ThreadInput


class ThreadWriteView(APIView):
    """Write a thread."""

    scopes = {"POST": "posts:write"}

    @extend_schema(responses={201: PostOutput, 200: PostOutput})
    @idempotent(ThreadInput)
    def post(self, request: Request, data: dict[str, Any]) -> Response:
        return write(principal_of(request), data, is_thread=True)


class ThreadListView(PostsView):
    """Threads."""

    scopes = {"GET": "posts:read"}
    threads = True


class ThreadView(PostView):
    """One thread: read, change, cancel what is unsent."""

    threads = True


class ThreadResumeView(PostRetryView):
    """Go on from the first part that is not on X."""

    threads = True
