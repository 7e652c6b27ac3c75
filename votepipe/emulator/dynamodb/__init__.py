"""A model of DynamoDB: tables, their expressions, their stream.

A property test holds it to moto, which is right but a hundred times slower.
"""
