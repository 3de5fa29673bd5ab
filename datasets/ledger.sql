-- What Edgewise keeps about the rows of `schema.sql`, apart from them: who changed what and how to take it back, built-in rows
-- while a user's row stands in their place, and what each table held after the last change that Edgewise made itself.
-- Rows are JSON objects by column name. A refresh of the built-in rows never drops any of it.

CREATE SCHEMA IF NOT EXISTS ledger;

CREATE TABLE IF NOT EXISTS ledger.changes (
    change_id INTEGER PRIMARY KEY,
    made      VARCHAR NOT NULL,
    who       VARCHAR NOT NULL,
    cause     VARCHAR NOT NULL,
    undoes    INTEGER
);

CREATE TABLE IF NOT EXISTS ledger.changed_rows (
    change_id  INTEGER NOT NULL,
    table_name VARCHAR NOT NULL,
    row_key    VARCHAR NOT NULL,
    was        VARCHAR,
    became     VARCHAR
);

CREATE TABLE IF NOT EXISTS ledger.overridden_rows (
    table_name  VARCHAR NOT NULL,
    row_key     VARCHAR NOT NULL,
    builtin_row VARCHAR NOT NULL,
    PRIMARY KEY (table_name, row_key)
);

CREATE TABLE IF NOT EXISTS ledger.table_checks (
    table_name VARCHAR PRIMARY KEY,
    row_count  BIGINT NOT NULL,
    checksum   VARCHAR NOT NULL
);
