"""Artifacts in an S3-compatible store: one description of how to enter it, for every library that does.

fsspec's own configuration carries it inside a process, so whoever opens an ``s3://`` URL finds the way. Between
processes it travels as JSON, like every other secret.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

CONNECTION = "object_store"


class ObjectStore(msgspec.Struct, frozen=True, kw_only=True):
    """Where the store is and who enters; without keys the machine's own credentials count."""

    endpoint_url: str = ""
    access_key: str = ""
    secret_key: str = ""
    region: str = ""

    def use(self) -> None:
        """Make this process reach ``s3://`` URLs here."""
        import fsspec

        named = {"region_name": self.region, "endpoint_url": self.endpoint_url}
        client = {name: value for name, value in named.items() if value}
        keys = {"key": self.access_key, "secret": self.secret_key} if self.access_key else {}
        # A host name of a private network has no names of buckets below it.
        style = {"config_kwargs": {"s3": {"addressing_style": "path"}}} if self.endpoint_url else {}
        # Other processes write what we list: what a listing said once is not kept.
        fsspec.config.conf["s3"] = {"client_kwargs": client, "use_listings_cache": False, **style, **keys}

    def to_json(self) -> str:
        """Return it for another process."""
        return msgspec.json.encode(self).decode()


def use_connection(connections: Mapping[str, str]) -> None:
    """In a job's process: reach the store that came with the job, if one did."""
    if CONNECTION in connections:
        msgspec.json.decode(connections[CONNECTION], type=ObjectStore).use()


def iceberg_properties() -> dict[str, str]:
    """Return PyIceberg's names for what :meth:`ObjectStore.use` has set in this process."""
    import fsspec

    found = fsspec.config.conf.get("s3", {})
    client = found.get("client_kwargs", {})
    named = {
        "s3.endpoint": client.get("endpoint_url"),
        "s3.region": client.get("region_name"),
        "s3.access-key-id": found.get("key"),
        "s3.secret-access-key": found.get("secret"),
    }
    return {name: value for name, value in named.items() if value}


def is_remote(url: str) -> bool:
    """Whether a URL names something else than a file on this machine."""
    return "://" in url and not url.startswith("file://")


def fetched(urls: Sequence[str], folder: str | Path) -> list[str]:
    """Return URLs that Spark can read: files of this machine as they are, others copied below ``folder``.

    The Spark that comes with PySpark speaks to no object store; it shares this machine's scratch folder. Names
    are kept, and a snapshot's files all have different ones.
    """
    if not any(map(is_remote, urls)):
        return list(urls)
    import fsspec

    copies = []
    for url in urls:
        target = Path(folder) / url.rsplit("/", 1)[-1]
        target.parent.mkdir(parents=True, exist_ok=True)
        filesystem, path = fsspec.core.url_to_fs(url)
        filesystem.get_file(path, str(target))
        copies.append(target.as_uri())
    return copies
