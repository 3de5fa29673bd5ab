"""The ground floor: the DuckDB schema, the built-in facts, opening, changing and exporting them."""
