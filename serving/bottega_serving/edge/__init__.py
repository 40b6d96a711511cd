"""The edge worker: HTTP, decoding, features, prediction, answer, log ring."""
