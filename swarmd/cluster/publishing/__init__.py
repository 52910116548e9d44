"""Published ports as clients of swarmd's own address see them."""
