"""Where readings lie: keys, the object store behind one contract, the Parquet merge, DuckDB over all of it."""
