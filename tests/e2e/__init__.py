"""What users do, with the clients they have, against real engines.

Every test without the mark ``fleet`` holds for any Docker host, which is what swarmd promises to
look like: ``SWARMD_E2E_TARGET=bare pytest tests/e2e`` runs those against an engine alone, and so
tests the tests.
"""
