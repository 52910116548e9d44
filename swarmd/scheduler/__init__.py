"""Where to put a container: pure functions from what is known to what should be done.

* A *filter* turns a wish into rules; each rule keeps engines and says why it left one out.
* A *strategy* gives columns, each of which hands out engines from its smallest value on.
* Hard rules go first. Soft ones follow in the order given, each ignored if nothing would be left.

Nothing here walks containers, and what most creates ask walks no engines either: rules and columns
cut sets of engines, which ``swarmd.core.index.engine_index`` keeps as bits. What has no index there
is tested engine by engine (``EngineIndex.where``).
"""
