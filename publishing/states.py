"""States of a post as people see it: drawn from the states of its parts' actions."""

from django.db import models


class PostStatus(models.TextChoices):
    DRAFT = "draft", "Draft"
    SCHEDULED = "scheduled", "Scheduled"
    PUBLISHING = "publishing", "Publishing"
    PUBLISHED = "published", "Published"
    FAILED = "failed", "Failed"
    UNKNOWN = "unknown", "Unknown"
    MISSED = "missed", "Missed"
    CANCELLED = "cancelled", "Cancelled"


# These no longer stand in the way of the same text again.
NOT_COUNTED_AS_DUPLICATE = frozenset({PostStatus.MISSED, PostStatus.CANCELLED})
EDITABLE = frozenset({PostStatus.DRAFT, PostStatus.SCHEDULED, PostStatus.FAILED, PostStatus.MISSED})


class ReplySettings(models.TextChoices):
    """Who may reply; empty means everyone. X API: create post, `reply_settings`."""

    FOLLOWING = "following", "Accounts you follow"
    MENTIONED = "mentionedUsers", "Only those mentioned"
    SUBSCRIBERS = "subscribers", "Subscribers"
    VERIFIED = "verified", "Verified accounts"


class ImportStatus(models.TextChoices):
    PENDING = "pending", "Waiting"
    RUNNING = "running", "Running"
    FINISHED = "finished", "Finished"
    REFUSED = "refused", "Nothing imported"


class ImportResult(models.TextChoices):
    """What one post or thread of an imported file became."""

    POST = "post", "Post"
    THREAD = "thread", "Thread"
    DUPLICATE = "duplicate", "There already"
    ERROR = "error", "Error"
