from publishing.models.imports import PostImport
from publishing.models.media import MediaAsset
from publishing.models.posts import PartMedia, Post, PostPart

__all__ = ["MediaAsset", "PartMedia", "Post", "PostImport", "PostPart"]
