"""The composition root: command line, configuration, scans, schedules."""
