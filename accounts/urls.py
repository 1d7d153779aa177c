"""Routes of this app under `/api/`."""

from __future__ import annotations

from django.urls import path

from accounts.api.accounts import AccountCapabilitiesView, AccountListView, AccountView

urlpatterns = [
    path("accounts", AccountListView.as_view(), name="accounts"),
    path("accounts/<int:slot>", AccountView.as_view(), name="account"),
    path(
        "accounts/<int:slot>/capabilities",
        AccountCapabilitiesView.as_view(),
        name="account-capabilities",
    ),
]
