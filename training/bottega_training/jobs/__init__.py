"""The child's half of the job kinds of training."""
