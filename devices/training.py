"""Training: operations of a run, utilisation, time, devices, energy and cost."""

from __future__ import annotations

from devices.attention import attention_operations
from devices.networks import Networks, operations_per_token
from devices.units import Floats

# A backward pass costs twice a forward one: the gradient by the input and the gradient by the weights.
PASSES = 3.0
# One more forward pass over forward and backward, where activations are recomputed and not kept.
RECOMPUTATION_SHARE = 1.0 / PASSES
DAY_S = 86_400.0
KILOWATT_HOUR_J = 3.6e6


def matrix_training_operations(active_params: Floats, tokens: Floats) -> Floats:
    """Operations of a run in the weight matrices, ``6 N D`` (Kaplan et al. 2020, section 2.1).

    Parameters
    ----------
    active_params : numpy.ndarray
        Parameters N that one token uses.
    tokens : numpy.ndarray
        Tokens D, repeats counted.
    """
    return PASSES * 2.0 * active_params * tokens


def attention_training_operations_per_token(
    networks: Networks, sequence_tokens: Floats, *, causal: bool = True
) -> Floats:
    """Operations of one trained token in scores and weighted values, forward and backward.

    With `causal`, what a masked kernel really computes, ``6 L H Q (T + 1)``; without, the full square as in
    the utilisation of Chowdhery et al. 2022 (PaLM, appendix B), ``12 L H Q T``, for layers without a window.
    """
    if causal:
        one = sequence_tokens * 0.0 + 1.0
        return PASSES * attention_operations(networks, one, sequence_tokens) / sequence_tokens
    width = networks.heads * networks.head_dim
    return PASSES * 4.0 * networks.attention_layers * width * sequence_tokens


def training_operations_per_token(
    networks: Networks, sequence_tokens: Floats, *, causal: bool = True
) -> Floats:
    """Operations of one trained token: ``6 N``, three passes of 2 N, and the attention term."""
    matrices = PASSES * operations_per_token(networks)
    return matrices + attention_training_operations_per_token(networks, sequence_tokens, causal=causal)


def model_flops_utilisation(
    operations_per_token: Floats, tokens_per_s: Floats, devices: Floats, peak_ops_per_s: Floats
) -> Floats:
    """Share of the dense peak of all devices that goes into the model (MFU, Chowdhery et al. 2022).

    Recomputed operations do not count; `hardware_flops_utilisation` counts them.
    """
    return operations_per_token * tokens_per_s / (devices * peak_ops_per_s)


def hardware_flops_utilisation(model_utilisation: Floats, recomputed_share: Floats) -> Floats:
    """Share of the peak that is executed, recomputation included (HFU, Korthikanti et al. 2022).

    Parameters
    ----------
    recomputed_share : numpy.ndarray
        Recomputed operations over those of the model; `RECOMPUTATION_SHARE` for a whole forward pass.
    """
    return model_utilisation * (1.0 + recomputed_share)


def run_s(operations: Floats, devices: Floats, peak_ops_per_s: Floats, utilisation: Floats) -> Floats:
    """Time of a run that reaches a given share of the dense peak, ``t = F / (n C MFU)``."""
    return operations / (devices * peak_ops_per_s * utilisation)


def devices_for_run(
    operations: Floats, seconds: Floats, peak_ops_per_s: Floats, utilisation: Floats
) -> Floats:
    """Devices, not rounded, that finish a run within `seconds`."""
    return operations / (seconds * peak_ops_per_s * utilisation)


def run_energy_j(
    devices: Floats, device_w: Floats, seconds: Floats, server_overhead: Floats, pue: Floats
) -> Floats:
    """Energy of a run at the meter of the building, ``n P t * overhead * PUE``.

    Parameters
    ----------
    device_w : numpy.ndarray
        Mean power of one accelerator.
    server_overhead : numpy.ndarray
        Power of the whole equipment, host and network included, over that of its accelerators.
    pue : numpy.ndarray
        Power of the building over that of the equipment.
    """
    return devices * device_w * server_overhead * pue * seconds


def run_electricity_usd(energy_j: Floats, usd_per_kwh: Floats) -> Floats:
    """Price of the energy of a run."""
    return energy_j / KILOWATT_HOUR_J * usd_per_kwh


def run_capital_usd(devices: Floats, device_usd: Floats, seconds: Floats, lifetime_s: Floats) -> Floats:
    """Share of the price of the devices that a run uses up, written off evenly over their lifetime.

    `device_usd` is all that is bought for one accelerator, its part of server and network included.
    """
    return devices * device_usd * seconds / lifetime_s
