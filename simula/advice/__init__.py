"""Advice before money: what a small pilot says of complexity, critic and size for a domain and a teacher."""
