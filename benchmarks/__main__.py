"""`make bench`: every benchmark at its default size."""

from benchmarks import build, load

load.main()
build.main()
