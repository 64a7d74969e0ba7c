"""Collectors: one per sort of source. Each reads, classifies its own errors, and never retries above its SDK."""
