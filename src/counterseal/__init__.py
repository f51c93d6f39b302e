"""counterseal: release evidence for regulated fintech.

One library under a suite of GitHub composite actions. It enforces a stated policy at every stage of a
release and leaves evidence that a stranger can verify years later. The public surface is the command
line (`counterseal`), the actions, and the release manifest format (`counterseal.manifest`).
"""

__version__ = "0.1.0"
