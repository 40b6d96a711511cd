"""Secrets of one ``BOTTEGA_HOME``: random files of mode 0600, made once, and passwords derived from them."""

import base64
import hashlib
import hmac
import os
import secrets
import tempfile
from pathlib import Path


class SecretStore:
    """The ``secrets/`` folder of a home. Only we can read it, and nothing in it is ever printed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, name: str) -> Path:
        """Return the file of the secret ``name``, made now if it is new."""
        file = self.folder / name
        if not file.exists():
            self._create(file)
        return file

    def read(self, name: str) -> str:
        """Return the secret ``name``, made now if it is new."""
        return self.path(name).read_text().strip()

    def password(self, purpose: str) -> str:
        """Derive the password for ``purpose``: one seed on disk, and no process holds another's password."""
        digest = hmac.digest(self.read("seed").encode(), purpose.encode(), hashlib.sha256)
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")

    def _create(self, file: Path) -> None:
        for folder in (self.folder.parent, self.folder):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=self.folder, prefix=".new-")
        with os.fdopen(handle, "w") as stream:
            stream.write(secrets.token_urlsafe(48))
            stream.flush()
            os.fsync(stream.fileno())
        try:
            os.link(temporary, file)
        except FileExistsError:
            return  # another process was first: its secret counts
        finally:
            Path(temporary).unlink()
