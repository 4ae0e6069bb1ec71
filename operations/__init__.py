"""What is done to a warehouse besides filling it: build, publish, report; and the `plumbline` command."""
