"""Addresses of endpoints, deployments and serving nodes, relative to ``/api/v1/``."""

from django.urls import path

from bottega_platform.deployments.api import keys, nodes, views

_PROJECT = "projects/<str:project>"

urlpatterns = [
    path(f"{_PROJECT}/endpoints", views.EndpointsView.as_view(), name="endpoints"),
    path(f"{_PROJECT}/endpoints/<str:name>", views.EndpointView.as_view(), name="endpoint"),
    path(
        f"{_PROJECT}/endpoints/<str:name>/deployments",
        views.EndpointDeploymentsView.as_view(),
        name="endpoint-deployments",
    ),
    path(f"{_PROJECT}/endpoints/<str:name>/keys", keys.EndpointKeysView.as_view(), name="endpoint-keys"),
    path(f"{_PROJECT}/endpoints/<str:name>/keys/<str:key>", keys.EndpointKeyView.as_view(), name="endpoint-key"),
    path(f"{_PROJECT}/endpoints/<str:name>/rollback", views.RollbackView.as_view(), name="endpoint-rollback"),
    path(f"{_PROJECT}/deployments/<str:deployment>", views.DeploymentView.as_view(), name="deployment"),
    path("serving/nodes", nodes.NodesView.as_view(), name="serving-nodes"),
    path("serving/desired", nodes.desired_state, name="serving-desired"),
    path("serving/observed", nodes.ObservedView.as_view(), name="serving-observed"),
    path("serving/bundles/<str:digest>/<path:path>", nodes.BundleFileView.as_view(), name="serving-bundle"),
]
