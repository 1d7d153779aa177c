from publishing.models.imports import PostImport, PostImportItem
from publishing.models.media import MediaAsset
from publishing.models.posts import PartMedia, Post, PostPart

__all__ = ["MediaAsset", "PartMedia", "Post", "PostImport", "PostImportItem", "PostPart"]
