"""The Hugging Face Hub itself: what things are called there, and the one place that asks it."""
