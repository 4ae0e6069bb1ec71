"""Ingestion: raw events, payments and logs enter the warehouse here, and nothing personal passes this line."""
