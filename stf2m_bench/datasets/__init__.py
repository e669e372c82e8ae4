"""Datasets: each module here is one loader; `base/` holds what they share."""

from stf2m_bench.discovery import Room

ROOM = Room("dataset", "stf2m_bench.datasets", "stf2m_bench.datasets")
