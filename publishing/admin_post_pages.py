"""The pages of one post in the admin: write, look and change, do, resolve."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html

from accounts.admin_display import moment_tag
from accounts.admin_readonly import person
from accounts.errors import XManagerError
from publishing.admin_actions import ACTS, MOST_AT_ONCE, Act, Report, act_on
from publishing.admin_forms import EditForm, ResolveForm, WriteForm
from publishing.models import Post, PostPart
from publishing.selectors import MAX_ID
from publishing.services.posts import edit_post, resolve_post, write_post
from publishing.states import EDITABLE, PostStatus
from publishing.timeline import timeline_of

LIST = "admin:publishing_post_changelist"


class PostPages:
    """Mixed into the admin of posts: its add and change pages call services, not `save()`."""

    admin_site: Any
    model: Any
    opts: Any

    def _context(self, request: HttpRequest, **more: Any) -> dict[str, Any]:
        request.current_app = self.admin_site.name
        return {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "has_view_permission": True,
            **more,
        }

    def _post_or_back(self, request: HttpRequest, pk: Any) -> Post | HttpResponseRedirect:
        known = str(pk).isascii() and str(pk).isdigit() and int(pk) <= MAX_ID
        post = Post.objects.select_related("account").filter(pk=pk).first() if known else None
        if post is not None:
            return post
        messages.warning(request, f"There is no post {str(pk)[:20]}. It may be a mistyped address.")
        return redirect(LIST)

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if not request.user.has_perm("publishing.add_post"):
            raise PermissionDenied
        form = WriteForm(request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            try:
                written = write_post(
                    account=form.cleaned_data["account"],
                    content=form.content(),
                    actor=person(request),
                    draft=form.cleaned_data["draft"],
                )
            except XManagerError as error:
                form.show_refusal(error)
            else:
                self._tell_written(request, written.post, written.duplicate, form.time_note)
                return redirect("admin:publishing_post_change", written.post.pk)
        return TemplateResponse(
            request,
            "admin/publishing/post/add_form.html",
            self._context(request, title="Write a post", form=form),
        )

    def _tell_written(
        self, request: HttpRequest, post: Post, duplicate: bool, time_note: str
    ) -> None:
        if duplicate:
            messages.warning(
                request,
                "Nothing new was written: this post of the same account already has these words.",
            )
        elif post.status == PostStatus.DRAFT:
            messages.success(request, "Saved as a draft.")
        else:
            messages.success(
                request,
                format_html("Scheduled for {}.", moment_tag(post.scheduled_time, post.account)),
            )
        if time_note:
            messages.warning(request, time_note)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: Any = None,
    ) -> HttpResponse:
        if not request.user.has_perm("publishing.view_post"):
            raise PermissionDenied
        post = self._post_or_back(request, object_id)
        if not isinstance(post, Post):
            return post
        may_change = request.user.has_perm("publishing.change_post")
        if request.method == "POST":
            if not may_change:
                raise PermissionDenied
            form = EditForm(request.POST, post=post)
            if form.is_valid() and self._edited(request, post, form):
                return redirect("admin:publishing_post_change", post.pk)
        else:
            form = EditForm(post=post)
        timeline = timeline_of(post)
        editable = may_change and post.status in EDITABLE and timeline.untouched
        return TemplateResponse(
            request,
            "admin/publishing/post/change_form.html",
            self._context(
                request,
                title=f"{'Thread' if post.is_thread else 'Post'} {post.pk}",
                original=post,
                post=post,
                timeline=timeline,
                form=form if editable or form.is_bound else None,
                acts=[
                    act
                    for act in ACTS.values()
                    if post.status in act.offered and request.user.has_perm(act.permission)
                ],
                may_resolve=post.status == PostStatus.UNKNOWN
                and request.user.has_perm("publishing.resolve_post"),
                may_see_raw=request.user.has_perm("execution.view_attempt"),
            ),
        )

    def _edited(self, request: HttpRequest, post: Post, form: EditForm) -> bool:
        """Whether the change was taken; if not, the form says why and keeps what was typed."""
        changes = form.changes()
        schedule = form.cleaned_data.get("schedule", False)
        if not changes and not schedule:
            messages.info(request, "Nothing was different, so nothing was changed.")
            return True
        try:
            edit_post(
                post_id=post.pk,
                changes=changes,
                actor=person(request),
                schedule=schedule,
                revision=form.cleaned_data["revision"],
            )
        except XManagerError as error:
            if error.code == "revision_conflict":
                post.refresh_from_db()
                form.base_on(post)
                form.add_error(
                    None,
                    "Somebody changed this post while you wrote. Below it is as it is now; your "
                    "words are kept in the form. Save again to put them in its place.",
                )
            else:
                form.show_refusal(error)
            return False
        messages.success(request, "Changed.")
        if form.time_note:
            messages.warning(request, form.time_note)
        return True

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: Any = None
    ) -> HttpResponse:
        """The post's own page tells its history."""
        return redirect("admin:publishing_post_change", object_id)

    def do_view(self, request: HttpRequest, pk: int, name: str) -> HttpResponse:
        """A button of the post page: POST does it, a dangerous one after a confirmation."""
        act = ACTS.get(name)
        if act is None or not request.user.has_perm(act.permission):
            raise PermissionDenied
        post = self._post_or_back(request, pk)
        if not isinstance(post, Post):
            return post
        if request.method == "POST":
            if act.dangerous and request.POST.get("confirmed") != "yes":
                return self._confirm(request, [post], act, from_list=False)
            self._tell(request, act, act_on([post], act, person(request), _revisions(request)))
        return redirect("admin:publishing_post_change", pk)

    def act_from_list(
        self, request: HttpRequest, posts: QuerySet[Post], act: Act
    ) -> HttpResponse | None:
        """A list action on the selected posts."""
        chosen = list(posts.select_related("account").order_by("pk")[: MOST_AT_ONCE + 1])
        if len(chosen) > MOST_AT_ONCE:
            messages.error(
                request,
                f"That is more than {MOST_AT_ONCE} posts at once. Filter the list, or take a page "
                "at a time. Nothing was done.",
            )
            return None
        if act.dangerous and request.POST.get("confirmed") != "yes":
            return self._confirm(request, chosen, act, from_list=True)
        self._tell(request, act, act_on(chosen, act, person(request), _revisions(request)))
        return None

    def _confirm(
        self, request: HttpRequest, posts: list[Post], act: Act, *, from_list: bool
    ) -> HttpResponse:
        firsts = PostPart.objects.filter(post__in=posts, position=1)
        texts = dict(firsts.values_list("post_id", "text"))
        return TemplateResponse(
            request,
            "admin/ops/confirm.html",
            self._context(
                request,
                title=act.question,
                consequence=act.consequence,
                lines=[
                    format_html(
                        "<strong>@{}</strong> · {} · {} · {}",
                        post.account.username or f"slot {post.account.slot}",
                        texts.get(post.pk, "")[:120],
                        post.get_status_display(),
                        moment_tag(post.scheduled_time, post.account),
                    )
                    for post in posts
                ],
                hidden=[
                    *([("action", act.name)] if from_list else []),
                    *((f"revision-{post.pk}", post.revision) for post in posts),
                ],
                selected=[post.pk for post in posts] if from_list else [],
                button=act.label.removesuffix("…"),
                back=reverse(LIST)
                if from_list
                else reverse("admin:publishing_post_change", args=[posts[0].pk]),
            ),
        )

    def _tell(self, request: HttpRequest, act: Act, report: Report) -> None:
        if report.done:
            things = "1 post" if report.done == 1 else f"{report.done} posts"
            messages.success(request, f"{things}: {act.done}.")
        for reason, count in report.refused.items():
            who = report.examples[reason] + (f" and {count - 1} more" if count > 1 else "")
            messages.error(request, f"{count} refused ({who}): {reason}")

    def resolve_from_list(self, request: HttpRequest, posts: QuerySet[Post]) -> HttpResponse | None:
        """The evidence differs from post to post, so each is decided on its own page."""
        unknown = list(posts.filter(status=PostStatus.UNKNOWN).order_by("pk")[:20])
        if len(unknown) == 1:
            return redirect("admin:publishing_post_resolve", unknown[0].pk)
        if not unknown:
            messages.error(request, "None of these has an unknown outcome. Nothing was done.")
        for post in unknown:
            address = reverse("admin:publishing_post_resolve", args=[post.pk])
            messages.warning(
                request, format_html('<a href="{}">Resolve {}</a>', address, str(post))
            )
        return None

    def resolve_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Three answers to "did it go out?", beside what is known."""
        if not request.user.has_perm("publishing.resolve_post"):
            raise PermissionDenied
        post = self._post_or_back(request, pk)
        if not isinstance(post, Post):
            return post
        form = ResolveForm(request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            try:
                resolve_post(post_id=post.pk, actor=person(request), **form.cleaned_data)
            except XManagerError as error:
                for each in error.fields or [{"field": "", "detail": error.detail}]:
                    form.add_error(
                        each["field"] if each["field"] in form.fields else None, each["detail"]
                    )
            else:
                messages.success(request, _resolved_words(form.cleaned_data["resolution"]))
                return redirect("admin:publishing_post_change", pk)
        timeline = timeline_of(post)
        return TemplateResponse(
            request,
            "admin/publishing/post/resolve.html",
            self._context(
                request,
                title="Did it go out?",
                original=post,
                post=post,
                timeline=timeline,
                form=form,
                part=next((part for part in timeline.parts if part.state == "unknown"), None),
            ),
        )


def _revisions(request: HttpRequest) -> dict[int, int]:
    """The revisions that the confirmation page showed: a stale page must not act unseen."""
    found = {}
    for name, value in request.POST.items():
        pk = name.removeprefix("revision-")
        if name.startswith("revision-") and pk.isdecimal() and str(value).isdecimal():
            found[int(pk)] = int(str(value))
    return found


def _resolved_words(resolution: str) -> str:
    return {
        "published": "Noted. X is asked for that post; it is linked when its words agree.",
        "not_published": "It is sent again.",
        "drop": "Dropped. It is neither sent again nor linked.",
    }[resolution]
