"""`python -m counterseal`: the command line."""

import sys

from counterseal.cli import main

sys.exit(main())
