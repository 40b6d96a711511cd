"""Documents: many specs at once, all of them applied or none."""
