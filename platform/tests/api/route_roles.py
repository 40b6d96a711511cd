"""Who may use which address: the written table of every route and method.

A value is PUBLIC (everyone), SIGNED_IN (any user), NODE (the serving nodes' secret), a project role (that
role or a higher one; a stranger gets 404), or ``object_role(role)`` where the project is that of the object
named in the address.
"""

from dataclasses import dataclass

from bottega_platform.projects.models import Role

PUBLIC = "public"
SIGNED_IN = "signed in"
NODE = "node"


@dataclass(frozen=True)
class ObjectRole:
    """A role in the project of the object that the address names by id."""

    role: Role


V, E, D, A, ADMIN = Role.VIEWER, Role.EDITOR, Role.DEPLOYER, Role.APPROVER, Role.ADMIN
P = "/projects/{project}"

ROUTES: dict[str, dict[str, str | Role | ObjectRole]] = {
    "/health": {"GET": PUBLIC},
    "/openapi.json": {"GET": PUBLIC},
    "/session": {"POST": PUBLIC, "DELETE": SIGNED_IN},
    "/me": {"GET": SIGNED_IN},
    "/tokens": {"GET": SIGNED_IN, "POST": SIGNED_IN},
    "/tokens/{token}": {"DELETE": SIGNED_IN},
    "/projects": {"GET": SIGNED_IN, "POST": SIGNED_IN},
    P: {"GET": V, "PATCH": ADMIN, "DELETE": ADMIN},
    f"{P}/overview": {"GET": V},
    f"{P}/search": {"GET": V},
    f"{P}/members": {"GET": V, "POST": ADMIN},
    f"{P}/members/{{user}}": {"PUT": ADMIN, "DELETE": ADMIN},
    f"{P}/members/{{user}}/link": {"POST": ADMIN},
    f"{P}/audit": {"GET": V},
    f"{P}/events": {"GET": V},
    f"{P}/apply": {"POST": E},
    "/jobs": {"GET": SIGNED_IN},
    "/jobs/{job}": {"GET": ObjectRole(V)},
    "/jobs/{job}/cancel": {"POST": ObjectRole(E)},
    "/jobs/{job}/logs": {"GET": ObjectRole(V)},
    "/jobs/{job}/events": {"GET": ObjectRole(V)},
    f"{P}/uploads": {"POST": E},
    f"{P}/uploads/{{digest}}": {"GET": V},
    f"{P}/uploads/{{digest}}/content": {"GET": V},
    f"{P}/uploads/{{digest}}/inspections": {"POST": E},
    f"{P}/uploads/{{digest}}/inspections/{{inspection}}": {"GET": V},
    f"{P}/sources": {"GET": V, "POST": E},
    f"{P}/sources/{{name}}": {"GET": V, "PATCH": E, "DELETE": E},
    f"{P}/sources/{{name}}/ingest": {"POST": E},
    f"{P}/tables": {"GET": V},
    f"{P}/tables/{{name}}": {"GET": V},
    f"{P}/tables/{{name}}/versions": {"GET": V},
    f"{P}/tables/{{name}}/versions/{{version}}/profile": {"GET": V},
    f"{P}/tables/{{name}}/preview": {"GET": V},
    f"{P}/tables/{{name}}/rows": {"GET": V},
    f"{P}/entities": {"GET": V, "POST": E},
    f"{P}/entities/{{name}}": {"GET": V, "PATCH": E, "DELETE": E},
    f"{P}/feature-views": {"GET": V, "POST": E},
    f"{P}/feature-views/{{name}}": {"GET": V, "PATCH": E, "DELETE": E},
    f"{P}/feature-views/{{name}}/compute": {"POST": E},
    f"{P}/feature-views/{{name}}/load": {"POST": E},
    f"{P}/feature-views/{{name}}/read": {"POST": V},
    f"{P}/feature-services": {"GET": V, "POST": E},
    f"{P}/feature-services/{{name}}": {"GET": V, "PATCH": E, "DELETE": E},
    f"{P}/training-sets": {"GET": V, "POST": E},
    f"{P}/training-sets/{{training_set}}": {"GET": V, "DELETE": E},
    f"{P}/training-sets/{{training_set}}/rows": {"GET": V},
    "/trainers": {"GET": SIGNED_IN},
    f"{P}/training-runs": {"GET": V, "POST": E},
    f"{P}/training-runs/{{run}}": {"GET": V},
    f"{P}/training-runs/{{run}}/trials": {"GET": V},
    f"{P}/training-runs/{{run}}/report": {"GET": V},
    f"{P}/training-runs/{{run}}/predictions": {"GET": V},
    f"{P}/models": {"GET": V, "POST": E},
    f"{P}/models/{{model}}": {"GET": V, "PATCH": E, "DELETE": E},
    f"{P}/models/{{model}}/versions": {"GET": V, "POST": E},
    f"{P}/models/{{model}}/versions/{{version}}": {"GET": V, "DELETE": E},
    f"{P}/models/{{model}}/versions/{{version}}/signature-diff": {"GET": V},
    f"{P}/models/{{model}}/versions/{{version}}/comparisons": {"GET": V, "POST": E},
    f"{P}/models/{{model}}/aliases/{{alias}}": {"GET": V, "PUT": D},
    f"{P}/models/{{model}}/alias-history": {"GET": V},
    f"{P}/endpoints": {"GET": V, "POST": E},
    f"{P}/endpoints/{{name}}": {"GET": V, "PATCH": E, "DELETE": D},
    f"{P}/endpoints/{{name}}/deployments": {"GET": V, "POST": D},
    f"{P}/endpoints/{{name}}/keys": {"GET": V, "POST": E},
    f"{P}/endpoints/{{name}}/keys/{{key}}": {"DELETE": E},
    f"{P}/endpoints/{{name}}/rollback": {"POST": D},
    f"{P}/endpoints/{{name}}/traffic": {"GET": V},
    f"{P}/endpoints/{{name}}/signature": {"GET": V},
    f"{P}/endpoints/{{name}}/predict": {"POST": V},
    f"{P}/endpoints/{{name}}/labels": {"GET": V, "POST": E},
    f"{P}/endpoints/{{name}}/label-imports": {"GET": V, "POST": E},
    f"{P}/endpoints/{{name}}/label-imports/{{label_import}}": {"GET": V},
    f"{P}/endpoints/{{name}}/quality": {"GET": V},
    f"{P}/deployments/{{deployment}}": {"GET": V},
    f"{P}/schedules": {"GET": V, "POST": D},
    f"{P}/schedules/{{name}}": {"GET": V, "PATCH": D, "DELETE": D},
    f"{P}/schedules/{{name}}/run": {"POST": D},
    f"{P}/schedules/{{name}}/fires": {"GET": V},
    f"{P}/fire-times": {"GET": V},
    "/serving/nodes": {"POST": NODE},
    "/serving/desired": {"GET": NODE},
    "/serving/observed": {"POST": NODE},
    "/serving/bundles/{digest}/{path}": {"GET": NODE},
}
