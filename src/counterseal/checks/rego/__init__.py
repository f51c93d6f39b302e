"""Rules in Rego: checked before they run, evaluated apart, and believed only where nothing is left open."""
