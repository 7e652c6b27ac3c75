"""The vote as the table stores it: read, checked against its schema, compared with its past."""
