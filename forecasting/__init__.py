"""Fleets, demand, placement, supply and energy through 2030, with their uncertainty."""
