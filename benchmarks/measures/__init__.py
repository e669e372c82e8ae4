"""What `speed.py` measures, one file a part of the bench."""
