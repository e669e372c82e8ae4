"""Models: each module here is one model; `base/` holds the contract and what models share."""

from stf2m_bench.discovery import Room

ROOM = Room("model", "stf2m_bench.models", "stf2m_bench.models")
