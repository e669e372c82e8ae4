"""Tasks: frozen protocols, their clip lists, their people."""
