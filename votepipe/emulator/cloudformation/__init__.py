"""A template's resources, read and made into models that are tied together."""
