"""Files that other programs write: policies, lists of hosts, certificates, keys, state.

Whatever stands in their place, nobody waits for it and nothing ends by it: it is a bad file.
"""
