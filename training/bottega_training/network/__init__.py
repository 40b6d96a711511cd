"""A network on tables: embeddings for categories, layers on top, fitted by PyTorch on a GPU or the CPU.

Needs numpy and PyTorch only, so that it runs on a machine that has nothing else of ours.
"""
