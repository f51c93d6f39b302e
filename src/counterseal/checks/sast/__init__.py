"""Static analysis: Bandit over the cores, further scanners, and reports of any other."""
