"""The Python client: the plain REST client, and the objects that people work with."""

from bottega.client.http import Client, Unreachable
from bottega.client.jobs import JobFailed
from bottega.client.platform import Platform, connect, login

__all__ = ["Client", "JobFailed", "Platform", "Unreachable", "connect", "login"]
