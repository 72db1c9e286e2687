"""Dagster: topics, landing, marts, gates and filings as one graph, and the jobs, schedules and sensors that move it."""
