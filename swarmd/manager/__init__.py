"""The verbs that span engines, over the one mutable view of the fleet."""
