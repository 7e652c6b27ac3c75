"""A template's resources, and the models made of them."""
