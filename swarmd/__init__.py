"""swarmd: one Docker API in front of a fleet of Docker hosts.

The map, from the bottom up: who imports whom goes one way (held by tests/test_architecture.py), and
ranks 0 and 1 do no I/O. The way of a request, a create and an event: docs/architecture.rst.

0.  ``core``                   values: engines, containers, names, expressions, errors
    ``core.container``         what a container is asked to be, and what is shown of it
    ``core.image``             references of images, what builds ask for, Dockerfiles
    ``core.request``           what any request may be: versions, types, bounds, who sends it
    ``core.index``             sets of engines as bits, and sums that are kept
    ``core.ports``             host ports as containers ask for them
    ``core.toml``              configuration in TOML, and where each statement stands
1.  ``codec``                  bytes to values: HTTP heads, framing, JSON streams, archives
    ``certificates``           TLS certificates as values: PEM, words, expiry, authorities
    ``scheduler``              where to put a container, and why there
    ``scheduler.filters``      which engines will do: one rule a module
    ``scheduler.strategies``   which of them is best: spread, binpack, random
    ``authz``                  who may do what: policy, rights, limits, quotas
    ``cluster``                what is known of the fleet: one state, one writer, look-up
    ``cluster.reducers``       what each kind of news changes in the state
    ``cluster.images``         images by any name, and which engines have them
    ``cluster.publishing``     which published port answers where, at swarmd's own addresses
    ``cluster.views``          what clients are shown: lists, info, metrics, filters
    ``cluster.scoped``         the state as a scope sees it
2.  ``timers``                 what is done again and again
3.  ``files``                  what other programs write: read, bounded, and followed
4.  ``tls``                    contexts, verification, errors in words, half-close, reload
5.  ``front``                  a client's connection: HTTP parsing, take-over by a raw stream
    ``streams``                an engine's connections: pool, forward, hijack, tunnel, relay
    ``streams.dialing``        how an engine is reached: resolved, dialled, pooled, or why not
    ``streams.offload``        bulk of TLS in threads beside the reactor
    ``streams.ssh``            engines over SSH
    ``store``                  keys and values that several processes agree through
    ``store.zookeeper``        the same in ZooKeeper
6.  ``engine``                 tracks one engine: health check, lists, event stream
    ``discovery``              which engines exist: hosts file, lists, stores, DNS
    ``publishing``             published ports at swarmd's own addresses: listeners, relays
    ``audit``                  who changed what, who asked for what: the audit log, the access log
    ``cli``                    what operators type: ``swarmd node``, ``explain``, ``certs`` …
    ``cli.listing``            commands that print what is: tables
    ``cli.keys``               commands that make certificates and keys
    ``cli.terminal``           what commands print: tables, colours, a line of progress
7.  ``manager``                the verbs that span engines
    ``manager.membership``     several swarmds: session, leader, the book that all share
    ``manager.fleet``          all engines as one: fan-out, failover, retry, locks, read your writes
    ``manager.claims``         what swarmds that share a fleet claim before they ask an engine
    ``manager.containers``     the way of a create and of a start, and what belongs to containers
    ``manager.projects``       containers that belong together, and where they had best be
    ``manager.images``         pull, load, save, push, tag, remove over many engines
    ``manager.images.copying`` images brought from engine to engine
    ``manager.builds``         which engine builds, and what a build needs there
    ``manager.networks``       networks that live on one engine each
    ``manager.volumes``        volumes that live on one engine each
    ``manager.system``         events, prune and disk usage of the fleet
    ``manager.moving``         running containers moved from node to node: drain
    ``manager.rebalancing``    containers moved to even nodes out: a plan, then the moves
    ``manager.rescheduling``   containers of lost nodes, made again elsewhere
    ``manager.nodes``          nodes as operators see and change them
    ``manager.overlay``        the swarm of engines that carries networks over nodes
    ``manager.usage``          what containers really use, measured while somebody wants to know
8.  ``api``                    the Docker API as a resource tree, one file a noun
    ``api.routing``            what resources are made of: routes, names, the line to the engine
    ``api.responses``          what is put into engines' answers on their way
    ``api.access``             the policy at the door: each request judged
    ``api.operators``          ``/swarmd/…``: what operators ask and change
    ``config``                 command line and settings, checked, and the files that they name
    ``config.sources``         where they come from: command line, environment, file
9.  ``ui``                     the page at ``/swarmd/``: the fleet in a browser
    ``ui.pages``               its views, one a module
    ``doctor``                 looks at options, files and engines, and says what to mend
    ``registration``           engines put into a store by hand, and the list of all
10. ``service``                the daemon put together, as twistd's plugin names it
    ``service.process``        the process: listeners, log, systemd, open files
    ``service.handover``       restarts that cut nothing: one process takes the place of another
11. ``completion``             scripts by which shells complete the command line
"""

__version__ = "0.1.0"
