"""Microservice chassis: what every process needs and no business word belongs in."""
