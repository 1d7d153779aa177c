"""What people do to posts from the admin: one table for the list's actions and the buttons."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from accounts.errors import XManagerError
from accounts.principals import Principal
from publishing.models import Post
from publishing.services.posts import cancel_post, publish_now, retry_post
from publishing.states import PostStatus

MOST_AT_ONCE = 200


@dataclass(frozen=True)
class Act:
    """One thing to do. `offered` decides on a button only; whether it may happen the service says.

    `question` and `consequence` are shown before a dangerous one is done.
    """

    name: str
    label: str
    permission: str
    run: Callable[[Post, Principal, int | None], object]
    offered: frozenset[str]
    done: str
    question: str = ""
    consequence: str = ""

    @property
    def dangerous(self) -> bool:
        return bool(self.question)


ACTS: dict[str, Act] = {
    act.name: act
    for act in (
        Act(
            "retry",
            "Send again",
            "publishing.retry_post",
            lambda post, actor, _: retry_post(post_id=post.pk, actor=actor),
            frozenset({PostStatus.FAILED, PostStatus.MISSED}),
            "sent again",
        ),
        Act(
            "publish_now",
            "Publish now…",
            "publishing.publish_post_now",
            lambda post, actor, _: publish_now(post_id=post.pk, actor=actor),
            frozenset({PostStatus.DRAFT, PostStatus.SCHEDULED}),
            "leaving now",
            question="Publish now?",
            consequence="Each of these leaves for X at once, whatever its scheduled time. What is "
            "on X can't be taken back from here.",
        ),
        Act(
            "cancel",
            "Cancel…",
            "publishing.cancel_post",
            lambda post, actor, revision: cancel_post(
                post_id=post.pk, actor=actor, revision=revision
            ),
            frozenset(
                {
                    PostStatus.DRAFT,
                    PostStatus.SCHEDULED,
                    PostStatus.PUBLISHING,
                    PostStatus.FAILED,
                    PostStatus.MISSED,
                }
            ),
            "cancelled",
            question="Cancel?",
            consequence="What has not left never will. Parts that are on X stay there. A cancelled "
            "post can't be brought back; it can be written anew.",
        ),
    )
}


@dataclass(frozen=True)
class Report:
    """How it went for each post: how many were done, and the refusals with their reasons."""

    done: int
    refused: dict[str, int]
    examples: dict[str, str]


def act_on(posts: Sequence[Post], act: Act, actor: Principal, revisions: dict[int, int]) -> Report:
    """Do it to each post in a transaction of its own; one refusal does not stop the rest."""
    refused: Counter[str] = Counter()
    examples: dict[str, str] = {}
    done = 0
    for post in posts:
        try:
            act.run(post, actor, revisions.get(post.pk))
        except XManagerError as error:
            refused[error.detail] += 1
            examples.setdefault(error.detail, f"{'Thread' if post.is_thread else 'Post'} {post.pk}")
        else:
            done += 1
    return Report(done, dict(refused), examples)
