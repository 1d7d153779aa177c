from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone

from publishing.states import PostStatus, ReplySettings


class Post(models.Model):
    """A post (one part) or a thread (several), for one account."""

    account = models.ForeignKey("accounts.Account", on_delete=models.PROTECT, related_name="posts")
    status = models.CharField(max_length=12, choices=PostStatus.choices, default=PostStatus.DRAFT)
    is_thread = models.BooleanField(default=False)
    scheduled_time = models.DateTimeField(null=True, blank=True)
    not_after = models.DateTimeField(null=True, blank=True)
    reply_to_post_id = models.CharField(max_length=19, blank=True)
    quote_post_id = models.CharField(max_length=19, blank=True)
    community_id = models.CharField(max_length=19, blank=True)
    reply_settings = models.CharField(max_length=16, choices=ReplySettings.choices, blank=True)
    made_with_ai = models.BooleanField(default=False)
    paid_partnership = models.BooleanField(default=False)
    labels = models.JSONField(default=list, blank=True)
    source_url = models.CharField(max_length=2000, blank=True)
    dedupe = models.BooleanField(default=True)
    dedupe_key = models.CharField(max_length=64, null=True)  # noqa: DJ001 (null is "don't compare")
    revision = models.PositiveIntegerField(default=1)
    post_import = models.ForeignKey(
        "publishing.PostImport", null=True, on_delete=models.SET_NULL, related_name="posts"
    )
    created_by = models.CharField(max_length=150)
    created_by_key = models.CharField(max_length=100)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["-id"]
        permissions = [
            ("retry_post", "Can send a failed or missed post again"),
            ("cancel_post", "Can cancel a post"),
            ("publish_post_now", "Can let a post leave at once"),
            ("resolve_post", "Can say whether a post of unknown outcome went out"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["dedupe_key"],
                condition=Q(dedupe_key__isnull=False),
                name="no_second_post_with_the_same_words",
            )
        ]
        indexes = [
            models.Index(fields=["account", "status", "-id"], name="post_list"),
            models.Index(fields=["status", "-id"], name="post_by_status"),
            models.Index(fields=["scheduled_time", "id"], name="post_by_time"),
        ]

    def __str__(self) -> str:
        return f"{'thread' if self.is_thread else 'post'} {self.pk}"


class PostPart(models.Model):
    """One post of a thread, or the only one."""

    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="parts")
    position = models.PositiveSmallIntegerField()
    text = models.TextField(blank=True)
    poll = models.JSONField(null=True, blank=True)
    action = models.OneToOneField(
        "execution.Action", null=True, on_delete=models.SET_NULL, related_name="post_part"
    )

    class Meta:
        ordering = ["post_id", "position"]
        constraints = [
            models.UniqueConstraint(fields=["post", "position"], name="one_part_per_position")
        ]

    def __str__(self) -> str:
        return f"part {self.position} of {self.post_id}"


class PartMedia(models.Model):
    """A picture or video on a part, with the alt text used there."""

    part = models.ForeignKey(PostPart, on_delete=models.CASCADE, related_name="media")
    asset = models.ForeignKey(
        "publishing.MediaAsset", on_delete=models.PROTECT, related_name="uses"
    )
    position = models.PositiveSmallIntegerField()
    alt_text = models.CharField(max_length=1000, blank=True)

    class Meta:
        ordering = ["part_id", "position"]
        constraints = [
            models.UniqueConstraint(fields=["part", "position"], name="one_medium_per_position")
        ]

    def __str__(self) -> str:
        return f"medium {self.position} of {self.part_id}"
