"""The schema of the read model, revision by revision."""
