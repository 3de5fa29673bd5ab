"""What Edgewise withstands, tried on the machine at hand: `edgewise benchmark --reliability`."""
