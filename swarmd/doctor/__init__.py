"""``swarmd doctor``: looks at the options, the files and each engine, and says what to mend.

It changes nothing, asks no running swarmd, and speaks to engines just as the daemon would.
"""
