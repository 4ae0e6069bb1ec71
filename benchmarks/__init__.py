"""Repeatable measurements, each as a ratio to its peer in the same run: machines are noisy, ratios less so."""
