"""Helpers beside the tests (`raw`, `project`) are plain modules: put their folder on the path."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
