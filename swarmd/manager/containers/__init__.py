"""The way of a create and of a start, and what belongs to containers.

What a create is, from step to step (as a walk with file names: docs/architecture.rst)::

    body, as the client sent it
      |  create_order.read_body
    CreateRequest    what it asks for: image, labels, expressions, ports, mounts
      |  with name, query, API version, client, terms of the policy
    CreateOrder      one create          Attachments: the networks, volumes, images that it names
      |  create_order.placement            |  Attachments.ways: with and without what may follow
    Placement        in the scheduler's terms: constraints, pins, demand
      |  node_choice: rank, claim
    Choice           an engine, and the Demand that is granted there: the very ports and devices
      |  create_order.reservation        Attachments.on: claimed, and brought to that engine
    Container        pending: counted until it is confirmed, released, or, in doubt, asked for
      |  engine_body
    body, as this one engine gets it
"""
