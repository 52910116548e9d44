"""What is known of an engine, and how it is kept true.

One ``EngineTracker`` an engine owns all of it: who it is, its event stream, its lists, its health.
News leaves as actions of ``swarmd.cluster``; nothing here decides what they mean.
"""
