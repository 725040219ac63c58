"""Publishers of grid data: one base class, one registry, one folder or file per source."""
