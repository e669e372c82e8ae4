"""Scoring: metrics, intervals and results. NumPy only; knows tasks, drawn episodes and predictions, never models."""
