"""Certificates as values: read from PEM, put into words, watched for their end, made. No I/O."""
