"""What emosynth is made of: the script, the people, their faces, voices and signals, and the writing of media files."""
