"""Names of fields and expansions, in both vocabularies.

Sources: X API docs, fields and expansions pages (classic names); X API v2 OpenAPI description
2.167 (spec names).
"""

from __future__ import annotations


def names(text: str) -> frozenset[str]:
    """The words of a text as a set."""
    return frozenset(text.split())


# classic name -> the name of OpenAPI 2.167, wherever the two differ
SPEC_NAMES = {
    "edit_history_tweet_ids": "edit_history_post_ids",
    "referenced_tweets": "referenced_posts",
    "note_tweet": "note_post",
    "retweet_count": "repost_count",
    "tweet_count": "post_count",
    "pinned_tweet_id": "pinned_post_id",
    "most_recent_tweet_id": "most_recent_post_id",
    "tweets": "posts",
    "total_tweet_count": "total_post_count",
}
# spec name -> classic, for what a caller asks; the expansion's classic form has `.id`
CLASSIC_NAMES = {spec: classic for classic, spec in SPEC_NAMES.items()}
CLASSIC_EXPANSIONS = CLASSIC_NAMES | {"referenced_posts": "referenced_tweets.id"}

POST_FIELDS = names(
    "article article_title attachments author_id card_uri community_id context_annotations "
    "conversation_id created_at display_text_range edit_controls edit_history_tweet_ids entities "
    "geo id in_reply_to_user_id lang media_metadata non_public_metrics note_tweet organic_metrics "
    "paid_partnership possibly_sensitive promoted_metrics public_metrics referenced_tweets "
    "reply_settings scopes source text username withheld"
)
USER_FIELDS = names(
    "affiliation confirmed_email connection_status created_at description entities id "
    "is_identity_verified location most_recent_tweet_id name parody pinned_tweet_id "
    "profile_banner_url profile_image_url protected public_metrics receives_your_dm "
    "subscribes_to_you subscription subscription_type url username verified "
    "verified_followers_count verified_type withheld"
)
MEDIA_FIELDS = names(
    "alt_text duration_ms height media_key non_public_metrics organic_metrics preview_image_url "
    "promoted_metrics public_metrics type url variants width"
)
POLL_FIELDS = names("duration_minutes end_datetime id options voting_status")
DM_FIELDS = names(
    "attachments created_at dm_conversation_id entities event_type id participant_ids "
    "referenced_tweets sender_id text"
)
USAGE_FIELDS = names(
    "cap_reset_day daily_client_app_usage daily_project_usage project_cap project_id project_usage"
)
EXPANSIONS = names(
    "article.cover_media article.media_entities attachments.media_keys attachments.poll_ids "
    "attachments.media_source_tweet author_id edit_history_tweet_ids entities.mentions.username "
    "geo.place_id in_reply_to_user_id referenced_tweets.id referenced_tweets.id.author_id "
    "sender_id participant_ids pinned_tweet_id most_recent_tweet_id affiliation username"
)
# what asking for an expansion also shows on the post itself
EXPANSION_FIELD = {
    "author_id": "author_id",
    "in_reply_to_user_id": "in_reply_to_user_id",
    "referenced_tweets.id": "referenced_tweets",
    "referenced_tweets.id.author_id": "referenced_tweets",
    "attachments.media_keys": "attachments",
    "attachments.poll_ids": "attachments",
    "entities.mentions.username": "entities",
}
