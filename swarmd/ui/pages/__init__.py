"""The views of the page, one a module: what is shown, and the request that asks for it."""
