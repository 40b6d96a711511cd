"""Who acts: users, their API tokens, one-time sign-in links."""

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.utils import timezone

from bottega_platform.api.fields import IdField


class UserManager(BaseUserManager["User"]):
    """Makes users; there are no passwords, people come in by link or token."""

    def create_user(
        self, username: str, *, display_name: str = "", email: str = "", is_platform_admin: bool = False
    ) -> "User":
        """Create a user who can sign in by link only."""
        user = self.model(
            username=username,
            display_name=display_name or username,
            email=email,
            is_platform_admin=is_platform_admin,
        )
        user.set_unusable_password()
        user.save(using=self._db)
        return user


class User(AbstractBaseUser):
    """A person, or a program that acts in its own name."""

    id_kind: ClassVar[str] = "user"

    id = IdField()
    username = models.CharField(max_length=63, unique=True)
    display_name = models.CharField(max_length=120, blank=True)
    email = models.EmailField(blank=True)
    is_active = models.BooleanField(default=True)
    is_platform_admin = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = UserManager()

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["email"], condition=~models.Q(email=""), name="accounts_user_email_once")
        ]

    def __str__(self) -> str:
        return self.username

    @property
    def state(self) -> str:
        """``disabled``, ``invited`` until the first sign-in, then ``active``."""
        if not self.is_active:
            return "disabled"
        return "active" if self.last_login else "invited"


class TokenScope(models.TextChoices):
    """What a token may do; ``write`` includes ``read``."""

    READ = "read"
    WRITE = "write"


class ApiToken(models.Model):
    """A bearer token; only its keyed hash is kept."""

    id_kind: ClassVar[str] = "token"

    id = IdField()
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=120)
    digest = models.CharField(max_length=64, unique=True)
    hint = models.CharField(max_length=12)
    scope = models.CharField(max_length=8, choices=TokenScope.choices)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(scope__in=TokenScope.values), name="accounts_apitoken_scope_known"
            )
        ]

    def __str__(self) -> str:
        return self.name


class SignInLink(models.Model):
    """A link that signs in once. Without a user it makes, or finds, the first platform admin."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)


class FailedSignIn(models.Model):
    """One bad sign-in, counted per address to slow guessing down."""

    address = models.CharField(max_length=45)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index(fields=["address", "at"])]
