"""A GitHub of our own, offline and stateful, to prove policies on and to rehearse them."""
