"""The crash matrix: every fault point of the code, and who passes it.

``test_fault_points`` compares it with the syntax tree, and each test of a job kind with what its job really passed.
"""

ENQUEUE = ("after_insert_before_commit", "after_commit_before_doorbell")
ATTEMPT = (
    "after_claim",
    "after_child_started",
    "after_artifact_before_done",
    "after_done_before_publish",
    "after_publish_before_commit",
    "after_commit_before_ack",
)
CALL = ("after_call_before_reply",)
RELAY = ("before_delivery", "after_delivery_before_delete")

_BLOBS = ("mid_artifact", "after_artifact_before_manifest")
_STAGED = (*_BLOBS, "after_manifest_before_commit")
_COORDINATOR = ("study_after_ask", "study_before_tell", "study_after_tell")

CHECKPOINT = ("after_checkpoint",)
"""Passed by trainers that keep checkpoints: platform/tests/runs/test_networks.py kills one there."""

JOB_KINDS: dict[str, tuple[str, ...]] = {
    "inspect": ATTEMPT,
    "ingest": (*ATTEMPT, *_STAGED),
    "feature_view": (*ATTEMPT, *_STAGED),
    "load_online": (*ATTEMPT, *ENQUEUE, "mid_artifact"),
    "feast_export": (*ATTEMPT, "feast_registry_locked"),
    "training_set": (*ATTEMPT, *_BLOBS),
    "train": (*ATTEMPT, *_STAGED),
    "import_model": (*ATTEMPT, *_STAGED),
    "study": (*ATTEMPT, *CALL, *ENQUEUE, *_COORDINATOR),
    "trial": (*ATTEMPT, *CALL),
    "package": (*ATTEMPT, *_STAGED),
    "compare": ATTEMPT,
    "quality": (*ATTEMPT, *CALL, *_BLOBS),
    "label_import": (*ATTEMPT, *CALL, *ENQUEUE),
}
"""What a job of each kind passes, from its claim to the answer of its commit."""

AGENT = (
    "mid_fetch",
    "after_fetch_before_load",
    "after_check_before_prepare",
    "after_ready_before_shift",
    "after_save_before_shift",
    "after_shift_before_report",
    "after_shift_before_drain",
)
EDGE = ("after_load_before_ready", "after_flip_before_ack")
WEB = (
    "after_target_before_commit",
    "after_write_before_answer",
    "after_generation_before_commit",
    "after_generation_before_answer",
    "after_stage_before_commit",
)

EVERYWHERE = frozenset(
    {*ENQUEUE, *RELAY, *CHECKPOINT, *AGENT, *EDGE, *WEB, *(point for points in JOB_KINDS.values() for point in points)}
)
