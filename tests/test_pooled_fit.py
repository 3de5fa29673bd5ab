"""The fit of nested groups: terms that are the core's own, slopes, where it ends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from devices.efficiency import Shares
from devices.kind_fits import KindFit, kind_fits
from devices.measured import Measured, measured_columns
from devices.measured_terms import measured_terms, terms_s
from devices.pooled_fit import fitted_effects
from devices.pooling import own_values, shares_from
from devices.predicted import predicted_s

Tables = Mapping[str, pd.DataFrame]


@pytest.fixture(scope="module")
def measured(tables: Tables) -> Measured:
    return measured_columns(tables, tables["measurements"].query("`class` != 'E_system_power'"))


@pytest.fixture(scope="module")
def diffusion(measured: Measured) -> KindFit:
    rows = np.flatnonzero(measured.networks.kind == "diffusion")
    return next(fit for fit in kind_fits(measured.take(rows)) if fit.kind == "diffusion")


def _some_values(count: int) -> np.ndarray:
    draws = np.random.default_rng(5).normal(size=(count, 4))
    return np.array([-0.6, -0.3, np.log(8e-5), -0.7]) + draws * [0.3, 0.1, 0.5, 0.2]


def test_the_terms_give_the_time_that_the_core_predicts(measured: Measured) -> None:
    values = _some_values(len(measured))
    time_s, _ = terms_s(measured_terms(measured), values)
    assert np.allclose(time_s, predicted_s(measured, shares_from(values)), rtol=1e-9, equal_nan=True)


def test_the_slopes_are_those_of_the_time(measured: Measured) -> None:
    terms, values = measured_terms(measured), np.minimum(_some_values(len(measured)), -0.01)
    _, slopes = terms_s(terms, values)
    for place in range(4):
        step = np.zeros(4)
        step[place] = 1e-6
        change = (terms_s(terms, values + step)[0] - terms_s(terms, values - step)[0]) / 2e-6
        assert np.allclose(slopes[:, place], change, rtol=1e-4, atol=1e-9, equal_nan=True)


def test_a_share_above_one_is_cut(measured: Measured) -> None:
    terms = measured_terms(measured)
    ones = np.zeros((len(measured), 4))
    assert np.array_equal(
        terms_s(terms, ones + 0.5)[0][:5],
        terms_s(terms, np.tile([0.0, 0.0, 0.5, 0.0], (len(ones), 1)))[0][:5],
    )


def test_times_that_the_core_made_are_explained(diffusion: KindFit) -> None:
    problem = diffusion.problem
    shares = Shares(*(np.full(len(diffusion.rows), value) for value in (0.3, 0.8, 6e-5, 0.0, 0.5, 0.0)))
    made = type(problem)(problem.terms, problem.groups, predicted_s(diffusion.measured, shares), problem.kind)
    found = fitted_effects(made)
    values = own_values(problem.groups, found.shared, np.arange(len(diffusion.rows)))
    assert np.allclose(terms_s(problem.terms, values)[0] / made.seconds, 1.0, atol=0.1)


def test_a_device_left_out_tells_nothing(diffusion: KindFit) -> None:
    device = str(diffusion.measured.hardware.device_id[0])
    own = diffusion.measured.hardware.device_id == device
    problem = diffusion.problem
    changed = replace(problem, seconds=np.where(own, 3.0 * problem.seconds, problem.seconds))
    found = [fitted_effects(each.without(own)).shared for each in (problem, changed)]
    assert np.array_equal(*found)
