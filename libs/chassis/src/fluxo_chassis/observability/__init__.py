"""What a process says about itself: log lines, traces, metrics."""
