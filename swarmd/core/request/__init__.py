"""What any request may be: versions, types of bodies, bounds, who sends it."""
