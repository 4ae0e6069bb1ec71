"""Demo data: four invented businesses as raw files, the same for the same seed (`plumbline demo-data`, docs/demo_data.md)."""

from ingestion.demo_data.generate import generate
from ingestion.demo_data.manifest import Manifest

__all__ = ["Manifest", "generate"]
