"""Addresses of projects."""

from django.urls import path

from bottega_platform.projects.api import views

urlpatterns = [
    path("projects", views.ProjectsView.as_view(), name="projects"),
    path("projects/<str:project>", views.ProjectDetailView.as_view(), name="project"),
    path("projects/<str:project>/overview", views.OverviewView.as_view(), name="overview"),
    path("projects/<str:project>/search", views.SearchView.as_view(), name="search"),
    path("projects/<str:project>/members", views.MembersView.as_view(), name="members"),
    path("projects/<str:project>/members/<str:user>", views.MemberView.as_view(), name="member"),
    path("projects/<str:project>/members/<str:user>/link", views.MemberLinkView.as_view(), name="member_link"),
]
