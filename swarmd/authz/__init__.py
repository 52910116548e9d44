"""Who may do what: identities get roles, roles allow rights and bound what a create may contain.

A role's first match decides, and what nobody allows is denied. Nothing here talks or waits; the
one place that asks is ``swarmd.api.access.guard``.
"""
