"""Addresses of sessions, me and tokens."""

from django.urls import path

from bottega_platform.accounts.api import views

urlpatterns = [
    path("session", views.SessionView.as_view(), name="session"),
    path("me", views.MyView.as_view(), name="me"),
    path("tokens", views.TokensView.as_view(), name="tokens"),
    path("tokens/<str:token>", views.TokenView.as_view(), name="token"),
]
