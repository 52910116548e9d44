"""``/swarmd/…``: what operators ask and change. No engine has these paths."""
