"""`make bench`: every benchmark at its default size."""

from benchmarks import build

build.main()
