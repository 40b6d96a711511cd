"""Feast as the store's public face: our definitions in its registry, our engine behind its API.

Nothing here imports Feast before it is needed (3.4 s and 183 MB): only the export job and clients that chose
our ``OfflineStore`` and ``OnlineStore`` classes load it. Feast's registry is written from our definitions and
never read back by us.
"""
