"""Training: one plain loop for every model that has a network."""
