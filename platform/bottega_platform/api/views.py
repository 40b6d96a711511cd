"""Base views: deny by default, one transaction per write, one answer per idempotency key."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from django.db import transaction
from django.http import HttpResponse, HttpResponseBase
from rest_framework.views import APIView

from bottega.faults import fault_point
from bottega_platform.accounts.models import TokenScope, User
from bottega_platform.api import auth, idempotency
from bottega_platform.api.problems import MethodNotAllowed
from bottega_platform.projects import permissions
from bottega_platform.projects.models import Project, Role

SAFE = auth.SAFE


class ApiView(APIView):
    """An endpoint for anyone who is signed in.

    Attributes:
        atomic: writes run in one transaction with their stored answer. Set to False where a write waits
            for something slow (an upload, another service); then the view opens its own transactions.
        reads: methods besides GET that only read, so a token with the scope ``read`` suffices.
        public: methods open to everyone; each one is on the written list of the route table.
        keyed: whether answers are kept for ``Idempotency-Key``. Set to False where repeating a request does no
            harm by itself.
    """

    permission_classes = [auth.SignedIn]
    atomic: ClassVar[bool] = True
    reads: ClassVar[frozenset[str]] = frozenset()
    public: ClassVar[frozenset[str]] = frozenset()
    keyed: ClassVar[bool] = True
    request: Any

    @property
    def actor(self) -> User:
        """The user who asks."""
        user: User = self.request.user
        return user

    def initial(self, request: Any, *args: Any, **kwargs: Any) -> None:
        """Check who asks before anything else happens."""
        auth.check_origin(request)
        if request.method in self.public:
            self.admit(request, **kwargs)
            return
        super().initial(request, *args, **kwargs)
        read = request.method in SAFE or request.method in self.reads
        auth.check_scope(request, TokenScope.READ if read else TokenScope.WRITE)
        self.admit(request, **kwargs)

    def get_authenticators(self) -> list[Any]:
        """Look at no credential where none is needed."""
        method = getattr(getattr(self, "request", None), "method", None)
        return [] if method in self.public else list(super().get_authenticators())

    def admit(self, request: Any, **kwargs: Any) -> None:
        """Check more than being signed in; subclasses load what the address names."""

    def options(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Refuse: there is nothing to negotiate, the API is documented in openapi.json."""
        return self.http_method_not_allowed(request, *args, **kwargs)

    def http_method_not_allowed(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Name the methods that are offered."""
        allow = [method for method in self.allowed_methods if method != "OPTIONS"]
        raise MethodNotAllowed(f"{request.method} is not offered here. Use {', '.join(allow)}.", allow=allow)

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Run one request: authenticate, admit, handle, translate errors."""
        self.args, self.kwargs = args, kwargs
        self.request = request
        request = self.initialize_request(request, *args, **kwargs)
        self.request = request
        self.headers: dict[str, str] = {}
        try:
            if request.method.lower() not in self.http_method_names or not hasattr(self, request.method.lower()):
                handler: Callable[..., HttpResponse] = self.http_method_not_allowed
            else:
                handler = getattr(self, request.method.lower())
            self.initial(request, *args, **kwargs)
            return self._handle(request, lambda: handler(request, *args, **kwargs))
        except Exception as error:  # noqa: BLE001 - every error becomes a problem document
            answer: HttpResponse = self.handle_exception(error)
            return answer

    def _handle(self, request: Any, run: Callable[[], HttpResponse]) -> HttpResponse:
        key = idempotency.key_of(request) if self.keyed and isinstance(request.user, User) else None
        if request.method in SAFE or not self.atomic:
            return run() if key is None else idempotency.once(request, key, self.body, run, atomic=False)
        with transaction.atomic():
            answer = run() if key is None else idempotency.once(request, key, self.body, run, atomic=True)
        fault_point("after_write_before_answer")
        return answer

    def body(self) -> bytes:
        """Return what tells this request's body from any other, for its idempotency key."""
        whole: bytes = self.request.body
        return whole

    def handle_exception(self, exc: Exception) -> Any:
        """Answer with a problem document."""
        handler = self.get_exception_handler()
        answer: HttpResponse = handler(exc, self.get_exception_handler_context())
        return answer


class ProjectView(ApiView):
    """An endpoint inside a project; ``roles`` says which role each method needs, others are refused."""

    roles: ClassVar[Mapping[str, Role]] = {}
    project: Project
    role: Role

    def admit(self, request: Any, **kwargs: Any) -> None:
        """Load the project and check the actor's role in it."""
        self.project, self.role = permissions.enter(self.actor, kwargs["project"])
        method = "GET" if request.method == "HEAD" else request.method
        needed = self.roles.get(method)
        if needed is None:
            self.http_method_not_allowed(request)
            return
        permissions.require(self.role, needed, project=self.project)


class NodeView(ApiView):
    """An endpoint for serving nodes, which send the node secret as a bearer token."""

    authentication_classes = []
    permission_classes = []

    def initial(self, request: Any, *args: Any, **kwargs: Any) -> None:
        """Check the node secret."""
        auth.check_node(request)
        self.admit(request, **kwargs)


class PublicView(ApiView):
    """An endpoint that everyone may read."""

    public = SAFE
