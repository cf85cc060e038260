"""Figures count what the rooms below hold: their builders serve here too."""

from tests.inventory.conftest import make_host as make_host
from tests.inventory.conftest import make_system as make_system
