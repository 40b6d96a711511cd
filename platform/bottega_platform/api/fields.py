"""Model fields shared by all apps."""

from functools import partial
from typing import TYPE_CHECKING, Any

from django.db import models

from bottega.ids import new_id

if TYPE_CHECKING:
    _TextField = models.CharField[str, str]
else:
    _TextField = models.CharField


class IdField(_TextField):
    """Primary key: an opaque prefixed id, its prefix chosen by the model's ``id_kind``."""

    def __init__(self, id_kind: str | None = None, **options: Any) -> None:
        self.id_kind = id_kind
        options.update(primary_key=True, max_length=32, editable=False)
        super().__init__(**options)

    def contribute_to_class(self, cls: type[models.Model], name: str, private_only: bool = False) -> None:
        """Take the id kind from the model class and make new ids the default."""
        self.id_kind = self.id_kind or getattr(cls, "id_kind", None)
        if self.id_kind is not None:
            self.default = partial(new_id, self.id_kind)
        super().contribute_to_class(cls, name, private_only)

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        """Describe the field for migrations without its generated default."""
        name, path, args, options = super().deconstruct()
        for generated in ("primary_key", "max_length", "editable", "default"):
            options.pop(generated, None)
        return name, path, list(args), {**options, "id_kind": self.id_kind}
