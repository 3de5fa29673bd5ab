"""Total effects against functions whose indices are known, and as properties of the forecast's own."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr

from datasets.errors import InvalidValue, UnknownName
from forecasting.correlations import (
    Correlations,
    assumption_correlations,
    correlated_scores,
    redrawn_scores,
    score_correlation,
)
from forecasting.evaluation import scenario_model
from forecasting.outputs import output_draws
from forecasting.projection import projection
from forecasting.quantiles import Z95
from forecasting.raw_draws import raw_draws
from forecasting.sampling import normal_scores
from forecasting.sensitivity import COLUMNS, input_groups, sensitivity, total_effects

OUTPUTS = ("twh_2030", "edge_share_2030")


@pytest.fixture(scope="module")
def plan(tables):
    return scenario_model(tables).plan


@pytest.fixture(scope="module")
def ranked(tables, plan):
    return sensitivity(tables, outputs=OUTPUTS, samples=32, plan=plan)


def indices_of(function, inputs, samples=4096):
    scores = normal_scores([*(f"a{i}" for i in range(inputs)), *(f"b{i}" for i in range(inputs))], samples)
    base = np.stack([scores[f"a{i}"] for i in range(inputs)])
    redrawn = []
    for i in range(inputs):
        changed = base.copy()
        changed[i] = scores[f"b{i}"]
        redrawn.append(function(changed))
    return total_effects(function(base), np.stack(redrawn))


def test_a_linear_function_splits_its_variance_by_squared_weights():
    effect, error = indices_of(lambda z: 3 * z[0] + 2 * z[1] + z[2], 3)
    np.testing.assert_allclose(effect, [9 / 14, 4 / 14, 1 / 14], atol=0.01)
    assert np.all(np.abs(effect - [9 / 14, 4 / 14, 1 / 14]) < 3 * error)


def test_a_product_shares_its_interaction_and_an_idle_input_has_none():
    # Var(z0 z1) = 1 = E[Var | either]: each has total effect 1 though neither has an effect alone.
    effect, error = indices_of(lambda z: z[0] * z[1], 3)
    np.testing.assert_allclose(effect[:2], [1.0, 1.0], atol=0.06)
    assert effect[2] == 0.0
    assert error[2] == 0.0


def test_the_jackknife_error_is_the_scatter_of_independent_repetitions():
    rng = np.random.default_rng(1)

    def once():
        base, fresh = rng.standard_normal((2, 2, 200))
        redrawn = [np.exp(fresh[0] + base[1]), np.exp(base[0] + fresh[1])]
        return total_effects(np.exp(base.sum(axis=0)) ** 0.5, np.stack(redrawn) ** 0.5)

    runs = [once() for _ in range(300)]
    scatter = np.std([effect for effect, _ in runs], axis=0)
    claimed = np.mean([error for _, error in runs], axis=0)
    np.testing.assert_allclose(claimed, scatter, rtol=0.25)


def test_a_constant_has_no_effects():
    effect, error = total_effects(np.ones(32), np.ones((2, 32)))
    assert effect.tolist() == error.tolist() == [0.0, 0.0]


def test_the_frame_is_sorted_and_complete(ranked, tables, plan):
    assert ranked.columns.tolist() == COLUMNS
    assert ranked["output"].unique().tolist() == list(OUTPUTS)
    groups = input_groups(scenario_model(tables, plan=plan))
    for _, rows in ranked.groupby("output"):
        assert rows["total_effect"].is_monotonic_decreasing
        assert set(rows["assumption_id"]) == {group.group_id for group in groups}
        assert rows["at_central"].nunique() == 1


def test_every_uncertain_input_belongs_to_one_group(tables, plan):
    model = scenario_model(tables, plan=plan)
    members = [name for group in input_groups(model) for name in group.inputs]
    assert len(members) == len(set(members))
    fixed = model.assumed[model.assumed["low"] == model.assumed["high"]]["assumption_id"]
    assert set(members) == set(model.inputs) - set(fixed)


def test_inputs_that_a_figure_does_not_read_have_no_effect(ranked):
    energy = ranked[ranked["output"] == "twh_2030"].set_index("assumption_id")
    for idle in ("grid_g_co2_per_kwh", "largest_run_growth_2028_30"):
        assert energy.loc[idle, ["total_effect", "total_effect_error"]].tolist() == [0.0, 0.0]
    # Read, but it only moves the split of a power that hangs on the stock.
    assert energy.at["training_utilisation", "total_effect"] == pytest.approx(0.0, abs=1e-12)
    for idle in ("grid_g_co2_per_kwh", "training_utilisation"):
        ends = energy.loc[idle, ["at_low", "at_high"]].tolist()
        assert ends == pytest.approx([energy.at[idle, "at_central"]] * 2, rel=1e-12)
    # What the stock could do, and the power that it draws doing it, leads its list of causes.
    assert {"stock_growth_2026", "stock_growth_2030", "chip_w_decline"} == set(energy.index[:3])


def test_the_tornado_is_the_projection_with_one_input_at_its_ends(ranked, tables, plan):
    model = scenario_model(tables, plan=plan)
    rows = ranked[ranked["output"] == "twh_2030"].set_index("assumption_id")
    for name, score, column in (("pue", -Z95, "at_low"), ("stock_growth_2026", Z95, "at_high")):
        scores = {other: np.zeros(1) for other in model.inputs} | {name: np.full(1, score)}
        expected = output_draws(model.projection(scores), "twh_2030")[0]
        assert rows.at[name, column] == pytest.approx(expected, rel=1e-12)
    low, high = tables["assumptions"].set_index("assumption_id").loc["pue", ["low", "high"]]
    centres = rows.loc["pue", ["at_low", "at_high"]] - _edge_twh(model)
    # Cooling makes the cloud dearer as well, which moves a little of the edge.
    assert centres["at_high"] / centres["at_low"] == pytest.approx(high / low, rel=1e-5)


def _edge_twh(model):
    return output_draws(model.projection({n: np.zeros(1) for n in model.inputs}), "edge_twh_2030")[0]


def test_results_hang_neither_on_the_block_nor_on_the_order_of_the_inputs(ranked, tables, plan):
    in_blocks = sensitivity(tables, outputs=OUTPUTS, samples=32, plan=plan, block_draws=23)
    pd.testing.assert_frame_equal(in_blocks, ranked, rtol=1e-9)
    shuffled = dict(tables) | {"assumptions": tables["assumptions"].sample(frac=1, random_state=3)}
    again = sensitivity(shuffled, outputs=OUTPUTS, samples=32, plan=plan)
    pd.testing.assert_frame_equal(again, ranked, rtol=1e-9)


def test_the_share_of_a_fixed_input_passes_to_the_others(ranked, tables, plan):
    fixed = sensitivity(
        tables, outputs=["twh_2030"], samples=32, plan=plan, overrides={"stock_growth_2026": 2.6}
    ).set_index("assumption_id")
    assert "stock_growth_2026" not in fixed.index
    free = ranked[ranked["output"] == "twh_2030"].set_index("assumption_id")
    assert fixed.at["chip_w_decline", "total_effect"] > free.at["chip_w_decline", "total_effect"]


@pytest.mark.parametrize("samples", [15, 200_001])
def test_a_sample_out_of_range_is_refused(tables, samples):
    with pytest.raises(
        InvalidValue, match=rf"The number of samples is {samples}: it must lie between 16 and"
    ):
        sensitivity(tables, samples=samples)


def test_wrong_names_are_refused(tables):
    with pytest.raises(UnknownName, match=r"There is no output 'twh': did you mean"):
        sensitivity(tables, outputs=["twh"])
    with pytest.raises(InvalidValue, match=r"Scenario 'figure_4' replays a published figure"):
        sensitivity(tables, "figure_4")


def test_documented_rank_correlations_are_met(tables):
    correlations = assumption_correlations(tables)
    scores = correlated_scores(normal_scores(correlations.names, 8192), correlations)
    for row in tables["assumption_correlations"].itertuples():
        met = spearmanr(scores[row.assumption_id], scores[row.with_assumption_id]).statistic
        assert met == pytest.approx(row.rank_correlation, abs=0.01)


def test_correlation_leaves_each_marginal_alone(tables):
    correlations = assumption_correlations(tables)
    scores = correlated_scores(normal_scores(correlations.names, 8192), correlations)
    for name in correlations.names:
        np.testing.assert_allclose(np.quantile(scores[name], [0.05, 0.5, 0.95]), [-Z95, 0, Z95], atol=0.05)


PAIR = Correlations(("x", "y"), np.array([[1.0, 0.8], [0.8, 1.0]]))


def test_an_input_without_partner_stays_as_it_was():
    scores = normal_scores(["x", "z"], 64)
    assert correlated_scores({"z": scores["z"]}, PAIR)["z"] is scores["z"]
    np.testing.assert_array_equal(correlated_scores(scores, PAIR)["x"], scores["x"])


def test_a_redrawn_input_keeps_its_correlation_and_its_spread():
    drawn = normal_scores(["x", "y", "new"], 8192)
    base = correlated_scores({"x": drawn["x"], "y": drawn["y"]}, PAIR)
    redrawn = redrawn_scores(base, {"y": drawn["new"]}, ["y"], PAIR)
    assert redrawn["x"] is base["x"]
    assert np.std(redrawn["y"]) == pytest.approx(1.0, abs=0.01)
    assert np.corrcoef(redrawn["x"], redrawn["y"])[0, 1] == pytest.approx(0.8, abs=0.01)
    # Given x, old and new y share only what x says of either: 0.8 squared.
    assert np.corrcoef(base["y"], redrawn["y"])[0, 1] == pytest.approx(0.64, abs=0.01)


def test_inputs_redrawn_together_keep_their_correlation():
    drawn = normal_scores(["x", "y", "new_x", "new_y"], 8192)
    base = correlated_scores({"x": drawn["x"], "y": drawn["y"]}, PAIR)
    fresh = {"x": drawn["new_x"], "y": drawn["new_y"]}
    redrawn = redrawn_scores(base, fresh, ["x", "y"], PAIR)
    assert np.corrcoef(redrawn["x"], redrawn["y"])[0, 1] == pytest.approx(0.8, abs=0.01)
    assert np.corrcoef(base["x"], redrawn["x"])[0, 1] == pytest.approx(0.0, abs=0.01)


def test_a_rank_correlation_becomes_the_scores_own():
    assert score_correlation(0.0) == 0.0
    assert score_correlation(1.0) == pytest.approx(1.0)
    assert score_correlation(0.6) == pytest.approx(0.6180339887)  # 2 sin(pi/10), the golden ratio less one


def test_correlations_that_contradict_each_other_are_refused(tables):
    pairs = [("a", "b", 0.95), ("b", "c", 0.95), ("a", "c", -0.95)]
    listed = pd.DataFrame(pairs, columns=["assumption_id", "with_assumption_id", "rank_correlation"])
    with pytest.raises(InvalidValue, match=r"The rank correlations between a, b, c contradict each other"):
        assumption_correlations(dict(tables) | {"assumption_correlations": listed})


def test_raw_draws_hold_what_the_bands_are_made_of(tables, plan):
    drawn = projection(tables, draws=64, plan=plan)
    trail = raw_draws(drawn, "twh")
    assert trail[["scenario_id", "draw"]].iloc[-1].tolist() == ["central", 63]
    np.testing.assert_array_equal(trail["pue"], drawn.values["pue"])
    total = trail[[f"{s}.demand.2030" for s in ("training", "cloud_inference", "edge_inference")]].sum(axis=1)
    np.testing.assert_allclose(total, output_draws(drawn, "twh_2030"), rtol=1e-12)
    with pytest.raises(UnknownName, match="There is no quantity 'joules'"):
        raw_draws(drawn, "joules")
