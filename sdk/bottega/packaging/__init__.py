"""Packaging one's own scikit-learn estimator: converted to ONNX, compared with itself, put into one file to upload.

Needs the extra ``bottega[package]`` (scikit-learn, skl2onnx, ONNX, ONNX Runtime, pandas) when it is called.
"""

from bottega.packaging.package import Package, package

__all__ = ["Package", "package"]
