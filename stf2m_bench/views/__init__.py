"""Views: each module here is one extractor; `base/` holds the contract, the decoders and the view store."""

from stf2m_bench.discovery import Room

ROOM = Room("view", "stf2m_bench.views", "stf2m_bench.views", dotted=True)
