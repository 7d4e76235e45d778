"""The only writers: every module here changes rows inside `transaction` and nowhere else."""
