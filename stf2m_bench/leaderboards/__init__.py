"""Leaderboards: ranked results of one task each, a pure function of the committed results."""
