"""`make bench`: every benchmark at its default size."""

from benchmarks import behaviour, build, landing, load

load.main()
landing.main()
build.main()
behaviour.main()
