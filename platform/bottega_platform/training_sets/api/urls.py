"""Addresses of training sets."""

from django.urls import path

from bottega_platform.training_sets.api import views

SETS = "projects/<str:project>/training-sets"
urlpatterns = [
    path(SETS, views.TrainingSetsView.as_view(), name="training-sets"),
    path(f"{SETS}/<str:training_set>", views.TrainingSetView.as_view(), name="training-set"),
    path(f"{SETS}/<str:training_set>/rows", views.RowsView.as_view(), name="training-set-rows"),
]
