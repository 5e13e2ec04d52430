"""Measurements with ratios; never timed tests."""
