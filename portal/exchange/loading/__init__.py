"""From lines to facts and tasks, by the set."""
