"""The GPUs of workers, announced in the database and leased to one attempt each.

A lease names a job and its fence and holds while that very attempt is running: when the job ends, or is given to
another attempt, the device is free, and nothing has to be handed back.
"""

import socket
from datetime import timedelta

from django.db import transaction
from django.db.models import F, Q

from bottega_platform.config.env import Env
from bottega_platform.jobs import gpus, leases
from bottega_platform.jobs.clock import DatabaseNow
from bottega_platform.jobs.models import Device, Job
from bottega_platform.jobs.states import JobState

PRESENT_SECONDS = 60


class Inventory:
    """The GPUs of this machine as its worker of the ``gpu`` queue keeps them."""

    def __init__(self, env: Env, *, host: str | None = None) -> None:
        self._host = host or socket.gethostname()
        self._gpus = gpus.find(env)

    @transaction.atomic
    def announce(self) -> None:
        """Say that the devices are here now; those that are not here any more are forgotten."""
        numbers = [gpu.number for gpu in self._gpus]
        Device.objects.filter(host=self._host).exclude(number__in=numbers).delete()
        for gpu in self._gpus:
            about = {"name": gpu.name, "memory_bytes": gpu.memory_bytes, "seen_at": DatabaseNow()}
            Device.objects.update_or_create(host=self._host, number=gpu.number, defaults=about)

    @transaction.atomic
    def claim(self, *, owner: str, lease_seconds: float = leases.LEASE_SECONDS) -> Job | None:
        """Take the next runnable job together with a free device; without a free one every job goes on waiting."""
        device = self._free()
        job = leases.claim(queue=gpus.QUEUE, owner=owner, lease_seconds=lease_seconds) if device else None
        if device is None or job is None:
            return None
        Device.objects.filter(job=job).update(job=None, fence=None)
        Device.objects.filter(pk=device.pk).update(job=job, fence=job.fence)
        return job

    def _free(self) -> Device | None:
        """Return a device that no running attempt holds, once no other worker of this machine can take it.

        Two statements: the second sees what the one that held the rows has committed.
        """
        rows = Device.objects.select_for_update().filter(host=self._host).order_by("number")
        ours = [device.pk for device in rows]
        return Device.objects.filter(pk__in=ours).exclude(_leased()).order_by("number").first()


def _leased() -> Q:
    return Q(job__isnull=False, job__state=JobState.RUNNING, job__fence=F("fence"))


def held_by(job: Job) -> str:
    """Return what the child of this attempt puts into ``CUDA_VISIBLE_DEVICES``; empty when it holds no device."""
    found = Device.objects.filter(job=job, fence=job.fence).values_list("number", flat=True).first()
    return found or ""


def present() -> int:
    """Return how many devices there are whose worker was heard of in the last minute, leased ones included."""
    return Device.objects.filter(seen_at__gt=DatabaseNow() - timedelta(seconds=PRESENT_SECONDS)).count()
