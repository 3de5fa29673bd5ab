"""One fit of reachable shares for each kind of network, and the table rows that a fit answers with."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from devices.efficiency import ANY, EXPERTS_KIND, FITTED_KIND, software_family
from devices.measured import Measured
from devices.measured_terms import measured_terms
from devices.pooled_fit import Effects, Problem, fitted_effects
from devices.pooling import Groups, Key, deviations_sum, nested_groups, shares_from
from devices.units import MICROSECOND_S, Floats


@dataclass(frozen=True)
class KindFit:
    """The fit of one kind of network.

    Attributes
    ----------
    rows : numpy.ndarray
        Positions of its measurements among all.
    measured
        Those measurements.
    problem
        Their times with all that explains them.
    effects
        What was fitted.
    """

    kind: str
    rows: NDArray[np.intp]
    measured: Measured
    problem: Problem
    effects: Effects

    @property
    def groups(self) -> Groups:
        """Groups of the measurements."""
        return self.problem.groups

    @property
    def deviations(self) -> Floats:
        """Effects of the groups, shape (effects, 4)."""
        return self.effects.shared

    def without(self, device: str) -> KindFit:
        """The fit that has not seen a device."""
        own = self.measured.hardware.device_id == device
        if not own.any():
            return self
        return replace(self, effects=fitted_effects(self.problem.without(own)))


def kind_fits(measured: Measured) -> list[KindFit]:
    """One fit for each kind of network: nothing that is shared between kinds is fitted."""
    terms = measured_terms(measured)
    usable = np.isfinite(terms.memory) & np.isfinite(measured.measured_s)
    usable &= (measured.quality == "clean") & (measured.origin == "builtin")
    kinds = np.array([FITTED_KIND.get(kind, kind) for kind in measured.networks.kind], dtype=object)
    fits = []
    for kind in sorted(set(kinds[usable])):
        rows = np.flatnonzero(usable & (kinds == kind))
        own = measured.take(rows)
        problem = Problem(terms.take(rows), nested_groups(own), own.measured_s, str(kind))
        fits.append(KindFit(str(kind), rows, own, problem, fitted_effects(problem)))
    return fits


def share_rows(fits: list[KindFit]) -> pd.DataFrame:
    """Shares of every group that a device may ask for, without their spread."""
    rows = []
    for fit in fits:
        for key in table_keys(fit):
            values = deviations_sum(fit.groups, fit.deviations, key)
            shares = shares_from(values[None, :])
            kinds = (fit.kind, ANY) if fit.kind == "decoder" and key[0] == ANY else (fit.kind,)
            for kind in kinds:
                row = (*key[:2], kind, shares.compute[0], shares.bandwidth[0], shares.overhead_s[0])
                rows.append((*row, _count(fit, key)))
            if key == (ANY, ANY, "decoder"):
                rows.append((*key[:2], EXPERTS_KIND, shares.experts[0], 1.0, 0.0, _expert_count(fit, key)))
    frame = pd.DataFrame(rows, columns=[*KEY_COLUMNS, *SHARE_COLUMNS, "overhead_s", "measurements"])
    frame.insert(5, "overhead_us_per_layer", frame.pop("overhead_s") / MICROSECOND_S)
    return frame


KEY_COLUMNS = ("backend", "weight_class", "kind")
SHARE_COLUMNS = ("compute_efficiency", "bandwidth_efficiency")


def table_keys(fit: KindFit) -> list[Key]:
    """Keys of the table's rows that a fit answers, wider ones first."""
    keys: dict[Key, None] = {(ANY, ANY, fit.kind): None}
    for software, width, kind in fit.groups.own:
        for name in (software_family(software), software):
            keys |= {(name, ANY, kind): None, (name, width, kind): None}
    return list(keys)


def members(fit: KindFit, key: Key) -> NDArray[np.bool_]:
    """Which measurements of a fit stand behind a key."""
    named, width, _ = key
    software = fit.measured.software
    families = np.array([software_family(name) for name in software], dtype=object)
    within = (named == ANY) | (families == named) | (software == named)
    return np.asarray(within & ((width == ANY) | (fit.measured.weight_class == width)))


def _count(fit: KindFit, key: Key) -> int:
    return int(members(fit, key).sum())


def _expert_count(fit: KindFit, key: Key) -> int:
    return int((members(fit, key) & (fit.measured.networks.expert_params > 0.0)).sum())
