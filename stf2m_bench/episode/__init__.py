"""Episodes: drawing them from a task, gathering their views, the problems that models see."""
