"""EirGrid's Smart Grid Dashboard: one file per upstream interface. None of them is documented by EirGrid."""
