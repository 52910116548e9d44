"""Random but seeded work, faults and edits over real engines: ``make soak MINUTES=10 SEED=7``.

``plan`` says what happens in each round, ``ledger`` what must be true after it; both are pure.
``worker`` is a client, ``harm`` does what ``plan`` names, ``run`` puts them together.
"""
