"""Evaluation: running a model over the frozen episodes of a task."""
