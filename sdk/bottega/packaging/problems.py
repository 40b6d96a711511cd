"""What can be wrong with an estimator that is to be packaged."""

from bottega.problems import ProblemError


class NotConvertible(ProblemError):
    """The estimator has no ONNX form that answers as it does."""

    code = "not_convertible"
    title = "The estimator cannot be converted to ONNX"


class ParityFailed(ProblemError):
    """The converted model answers differently than the estimator."""

    code = "parity_failed"
    title = "The converted model answers differently"
