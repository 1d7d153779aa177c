"""Posts, media and imports in the admin. Every change goes through a service."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.admin_display import badge, handle_tag, moment_tag
from accounts.admin_readonly import HiddenFromMenuMixin, ListAdmin, ReadOnlyAdmin, person
from accounts.errors import XManagerError
from publishing.admin_actions import ACTS
from publishing.admin_filters import KindFilter, ScheduledFilter
from publishing.admin_post_pages import PostPages
from publishing.models import MediaAsset, PartMedia, Post, PostImport, PostImportItem, PostPart
from publishing.services.media import edit_alt_text


@admin.register(Post)
class PostAdmin(PostPages, ListAdmin):
    list_display = ("excerpt", "who", "state", "scheduled", "part_count", "created_by")
    list_filter = ("status", ScheduledFilter, "account", KindFilter)
    list_select_related = ("account",)
    search_fields = ("parts__text", "=parts__action__x_id")
    search_help_text = "Words of the text, or the id of a post on X"
    actions = ("retry", "publish_now", "cancel", "resolve")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Post]:
        parts = PostPart.objects.filter(post=OuterRef("pk"))
        found: QuerySet[Post] = super().get_queryset(request)
        counted = parts.order_by().values("post").annotate(n=Count("pk")).values("n")
        return found.annotate(
            first_text=Subquery(parts.filter(position=1).values("text")[:1]),
            parts_found=Subquery(counted),
        )

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("<int:pk>/do/<slug:name>/", view(self.do_view), name="publishing_post_do"),
            path("<int:pk>/resolve/", view(self.resolve_view), name="publishing_post_resolve"),
            *super().get_urls(),
        ]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # cancelling is the way; history stays

    def has_retry_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(ACTS["retry"].permission)

    def has_publish_now_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(ACTS["publish_now"].permission)

    def has_cancel_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(ACTS["cancel"].permission)

    def has_resolve_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("publishing.resolve_post")

    @admin.display(description="Text")
    def excerpt(self, post: Any) -> SafeString | str:
        text = " ".join((post.first_text or "").split())
        if not text:
            return f"{post} (no text)"
        return format_html(
            '<span class="excerpt">{}</span>', text if len(text) <= 90 else f"{text[:89]}…"
        )

    @admin.display(description="Account", ordering="account__slot")
    def who(self, post: Post) -> SafeString | str:
        return handle_tag(post.account)

    @admin.display(description="Status", ordering="status")
    def state(self, post: Post) -> SafeString:
        return badge(post.status, post.get_status_display())

    @admin.display(description="Scheduled", ordering="scheduled_time")
    def scheduled(self, post: Post) -> SafeString | str:
        return moment_tag(post.scheduled_time, post.account)

    @admin.display(description="Parts")
    def part_count(self, post: Any) -> int:
        return int(post.parts_found or 0)

    @admin.action(description="Send again, or resume the thread", permissions=["retry"])
    def retry(self, request: HttpRequest, posts: QuerySet[Post]) -> HttpResponse | None:
        return self.act_from_list(request, posts, ACTS["retry"])

    @admin.action(description="Publish now…", permissions=["publish_now"])
    def publish_now(self, request: HttpRequest, posts: QuerySet[Post]) -> HttpResponse | None:
        return self.act_from_list(request, posts, ACTS["publish_now"])

    @admin.action(description="Cancel…", permissions=["cancel"])
    def cancel(self, request: HttpRequest, posts: QuerySet[Post]) -> HttpResponse | None:
        return self.act_from_list(request, posts, ACTS["cancel"])

    @admin.action(description="Resolve unknown outcome…", permissions=["resolve"])
    def resolve(self, request: HttpRequest, posts: QuerySet[Post]) -> HttpResponse | None:
        return self.resolve_from_list(request, posts)


@admin.register(PostPart)
class PostPartAdmin(HiddenFromMenuMixin, ReadOnlyAdmin):
    list_display = ("__str__", "post", "position")
    list_select_related = ("post",)
    search_fields = ("text",)


@admin.register(PartMedia)
class PartMediaAdmin(HiddenFromMenuMixin, ReadOnlyAdmin):
    list_display = ("__str__", "asset", "alt_text")
    list_select_related = ("part", "asset")
    search_fields = ("alt_text",)


@admin.register(MediaAsset)
class MediaAssetAdmin(ReadOnlyAdmin):
    list_display = ("__str__", "mime_type", "size", "dimensions", "alt_text", "created_by")
    list_filter = ("mime_type",)
    search_fields = ("original_name", "alt_text", "=sha256")
    fields = (
        "original_name",
        "alt_text",
        "mime_type",
        "size",
        "dimensions",
        "duration_seconds",
        "sha256",
        "created_by",
        "created_at",
    )

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("publishing.change_mediaasset")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return tuple(name for name in self.fields or () if name != "alt_text")

    @admin.display(description="Pixels")
    def dimensions(self, asset: MediaAsset) -> str:
        return f"{asset.width} × {asset.height}" if asset.width and asset.height else "—"

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        try:
            edit_alt_text(asset_id=obj.pk, alt_text=obj.alt_text, actor=person(request))
        except XManagerError as error:
            self.message_user(request, error.detail, messages.ERROR)


class PostImportItemInline(admin.TabularInline[PostImportItem, PostImport]):
    """The first rows of the import; the list of items has them all."""

    model = PostImportItem
    fields = readonly_fields = ("line", "result", "post")
    can_delete = False
    extra = 0
    max_shown = 100

    def get_queryset(self, request: HttpRequest) -> QuerySet[PostImportItem]:
        found = super().get_queryset(request).select_related("post")
        return found.filter(position__lt=self.max_shown)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(PostImport)
class PostImportAdmin(ReadOnlyAdmin):
    list_display = (
        "__str__",
        "who",
        "state",
        "rows",
        "imported",
        "skipped",
        "problem_count",
        "created_by",
        "created_at",
    )
    list_filter = ("status", "dry_run", "account")
    list_select_related = ("account",)
    search_fields = ("file_name",)
    exclude = ("lease_token", "stored_name", "created_by_key")
    inlines = (PostImportItemInline,)

    @admin.display(description="Account")
    def who(self, post_import: PostImport) -> SafeString | str:
        return handle_tag(post_import.account)

    @admin.display(description="Status", ordering="status")
    def state(self, post_import: PostImport) -> SafeString:
        return badge(post_import.status, post_import.get_status_display())

    @admin.display(description="Problems")
    def problem_count(self, post_import: PostImport) -> int:
        return len(post_import.errors)


@admin.register(PostImportItem)
class PostImportItemAdmin(HiddenFromMenuMixin, ReadOnlyAdmin):
    list_display = ("__str__", "post_import", "post")
    list_filter = ("result",)
    list_select_related = ("post_import", "post")
    search_fields = ("=post_import__id",)
