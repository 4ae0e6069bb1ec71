"""What is expected of a load before people read it: suites per table, run with Great Expectations on the raw tables."""
