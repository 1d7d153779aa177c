"""A server that speaks the X API v2, for sandbox mode and for tests.

Run it with `python -m accounts.x.sandbox --home DIR --port N`. State lives in
`DIR/sandbox/x.db` and survives a kill. Nothing here imports Django.

Operation names, as used in the ledger (writes), in faults, and in `limit_overrides`:

    create_post, get_posts            POST, GET /2/tweets
    get_post, delete_post             GET, DELETE /2/tweets/{id}
    search                            GET /2/tweets/search/recent
    counts                            GET /2/tweets/counts/recent
    hide, unhide                      PUT /2/tweets/{tweet_id}/hidden
    me                                GET /2/users/me
    get_users, get_user               GET /2/users, /2/users/{id}
    get_users_by_usernames            GET /2/users/by
    get_user_by_username              GET /2/users/by/username/{username}
    own_posts                         GET /2/users/{id}/tweets
    mentions                          GET /2/users/{id}/mentions
    like, unlike                      POST, DELETE /2/users/{id}/likes[/{tweet_id}]
    repost, unrepost                  POST, DELETE /2/users/{id}/retweets[/{source_tweet_id}]
    send_dm                           POST /2/dm_conversations/with/{participant_id}/messages
                                      POST /2/dm_conversations/{dm_conversation_id}/messages
    create_dm_conversation            POST /2/dm_conversations
    dm_events                         GET /2/dm_events
    dm_events_with                    GET /2/dm_conversations/with/{participant_id}/dm_events
    dm_conversation_events            GET /2/dm_conversations/{id}/dm_events
    get_dm_event, delete_dm_event     GET, DELETE /2/dm_events/{event_id}
    upload_media, media_status        POST, GET /2/media/upload
    media_initialize                  POST /2/media/upload/initialize
    media_append, media_finalize      POST /2/media/upload/{id}/append, /{id}/finalize
    media_metadata                    POST /2/media/metadata
    usage                             GET /2/usage/tweets
    refresh_token, revoke_token       POST /2/oauth2/token, /2/oauth2/revoke
    app_token                         POST /oauth2/token

A fault's operation may be a pattern: `media_*`, `*`.
"""
