"""The public side: REST, dashboard and guide from summaries held in memory. Reads the store, writes nothing."""
