"""Reading posts: what lists and pages need, in a constant number of queries."""

from __future__ import annotations

from django.db.models import Prefetch, Q, QuerySet

from accounts.errors import MissingError
from accounts.models import Event
from accounts.principals import Principal
from publishing.models import PartMedia, Post, PostPart

MAX_ID = 2**63 - 1


def visible_posts(principal: Principal) -> QuerySet[Post]:
    """Posts of the accounts that the principal may use, with all that a row shows."""
    posts = Post.objects.select_related("account")
    if principal.slots is not None:
        posts = posts.filter(account__slot__in=sorted(principal.slots))
    return posts.prefetch_related(
        Prefetch("parts", PostPart.objects.select_related("action").order_by("position")),
        Prefetch("parts__media", PartMedia.objects.select_related("asset").order_by("position")),
    )


def post_for(principal: Principal, post_id: int, *, thread: bool | None = None) -> Post:
    """One post. Raises MissingError also where it belongs to somebody else's account."""
    posts = visible_posts(principal)
    if thread is not None:
        posts = posts.filter(is_thread=thread)
    post = posts.filter(pk=post_id).first() if post_id <= MAX_ID else None
    if post is None:
        raise MissingError("not_found", f"There is no {'thread' if thread else 'post'} {post_id}.")
    return post


def events_of(post: Post) -> list[Event]:
    """What happened to the post and its actions, oldest first."""
    actions = [str(pk) for pk in post.parts.values_list("action_id", flat=True) if pk]
    about = Q(object_type="post", object_id=str(post.pk)) | Q(
        object_type="action", object_id__in=actions
    )
    return list(Event.objects.filter(about).order_by("id")[:1000])
