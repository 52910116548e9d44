"""Where to put a container: pure functions from what is known to what should be done.

* A *filter* turns a wish into rules; each rule keeps engines and says why it left one out.
* A *strategy* turns engines into columns of numbers; the smallest row is the best engine.
* Hard rules go first. Soft ones follow in the order given, each ignored if nothing would be left.

Nothing here walks containers: rules read ``Engine.tally``, so that a placement costs engines only.
Rules and columns take all engines at once, since a call per engine would cost more than its work.
"""
