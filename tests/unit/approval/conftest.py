"""Hypothesis without deadlines: a slow machine is no defect."""

from hypothesis import settings

settings.register_profile("counterseal", deadline=None)
settings.load_profile("counterseal")
