from django.urls import path

from publishing.api import imports, media, posts, threads

urlpatterns = [
    path("scheduler/posts", posts.PostListView.as_view()),
    path("scheduler/posts/bulk", posts.PostBulkView.as_view()),
    path("scheduler/posts/retry", posts.PostRetryManyView.as_view()),
    path("scheduler/posts/<int:post_id>", posts.PostView.as_view()),
    path("scheduler/posts/<int:post_id>/attempts", posts.AttemptsView.as_view()),
    path("scheduler/posts/<int:post_id>/retry", posts.PostRetryView.as_view()),
    path("scheduler/posts/<int:post_id>/resolve", posts.PostResolveView.as_view()),
    path("scheduler/posts/<int:post_id>/publish-now", posts.PostPublishNowView.as_view()),
    path("scheduler/thread", threads.ThreadWriteView.as_view()),
    path("scheduler/threads", threads.ThreadListView.as_view()),
    path("scheduler/threads/<int:post_id>", threads.ThreadView.as_view()),
    path("scheduler/threads/<int:post_id>/attempts", posts.AttemptsView.as_view()),
    path("scheduler/threads/<int:post_id>/resume", threads.ThreadResumeView.as_view()),
    path("scheduler/threads/<int:post_id>/resolve", posts.PostResolveView.as_view()),
    path("scheduler/import-csv", imports.ImportCreateView.as_view()),
    path("scheduler/imports", imports.ImportListView.as_view()),
    path("scheduler/imports/<int:import_id>", imports.ImportDetailView.as_view()),
    path("media", media.MediaListView.as_view()),
    path("media/<int:media_id>", media.MediaDetailView.as_view()),
    path("media/<int:media_id>/file", media.MediaFileView.as_view()),
]
