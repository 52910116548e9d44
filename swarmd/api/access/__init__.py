"""The policy at the door of the API: who may do what, judged request by request."""
