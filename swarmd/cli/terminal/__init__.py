"""What commands print, and how: tables, colours, a line of progress."""
