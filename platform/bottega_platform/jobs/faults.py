"""The fault points of the job engine; see :mod:`bottega.faults` for how a test sets one off."""

from bottega.faults import InjectedFault, fault_point

__all__ = ["PLATFORM_POINTS", "InjectedFault", "fault_point"]

PLATFORM_POINTS = (
    "after_insert_before_commit",
    "after_commit_before_doorbell",
    "after_claim",
    "after_child_started",
    "after_done_before_publish",
    "after_publish_before_commit",
    "after_commit_before_ack",
)
