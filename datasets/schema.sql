-- The one definition of an Edgewise database. Units stand in the column names; GB is 1e9 bytes; one multiply-add
-- is two operations; peaks are dense unless the column says sparse. Every fact names its source and how sure it is:
--   cited      seen in a public document        derived    arithmetic on cited rows
--   recalled   published, quoted from memory    estimated  filled in from neighbours
--   judgement  an opinion, made explicit
-- A row that a person adds carries origin 'user' (the default); rows that come with Edgewise carry 'builtin'.

CREATE TABLE meta (
    key   VARCHAR PRIMARY KEY,
    value VARCHAR NOT NULL
);

CREATE TABLE sources (
    source_id VARCHAR PRIMARY KEY,
    title     VARCHAR NOT NULL CHECK (length(trim(title)) > 0),
    publisher VARCHAR,
    published VARCHAR,
    url       VARCHAR,
    licence   VARCHAR,
    origin    VARCHAR NOT NULL DEFAULT 'user' CHECK (origin IN ('builtin', 'user'))
);

CREATE TABLE devices (
    device_id                           VARCHAR PRIMARY KEY CHECK (length(trim(device_id)) > 0),
    name                                VARCHAR NOT NULL,
    vendor                              VARCHAR,
    segment                             VARCHAR NOT NULL CHECK (length(trim(segment)) > 0),
    introduced                          VARCHAR,
    status                              VARCHAR NOT NULL DEFAULT 'shipping'
        CHECK (status IN ('shipping', 'announced', 'projected')),
    memory_gb                           DOUBLE CHECK (memory_gb >= 0 AND isfinite(memory_gb)),
    memory_type                         VARCHAR,
    memory_bandwidth_gb_per_s           DOUBLE CHECK (memory_bandwidth_gb_per_s > 0 AND isfinite(memory_bandwidth_gb_per_s)),
    sram_mb                             DOUBLE CHECK (sram_mb > 0 AND isfinite(sram_mb)),
    sram_bandwidth_tb_per_s             DOUBLE CHECK (sram_bandwidth_tb_per_s > 0 AND isfinite(sram_bandwidth_tb_per_s)),
    l1_mb                               DOUBLE CHECK (l1_mb > 0 AND isfinite(l1_mb)),
    l1_bandwidth_tb_per_s               DOUBLE CHECK (l1_bandwidth_tb_per_s > 0 AND isfinite(l1_bandwidth_tb_per_s)),
    tdp_w                               DOUBLE CHECK (tdp_w > 0 AND isfinite(tdp_w)),
    typical_or_sustained_w              DOUBLE CHECK (typical_or_sustained_w > 0 AND isfinite(typical_or_sustained_w)),
    sustained_w                         DOUBLE CHECK (sustained_w > 0 AND isfinite(sustained_w)),
    idle_w                              DOUBLE CHECK (idle_w >= 0 AND isfinite(idle_w)),
    battery_wh                          DOUBLE CHECK (battery_wh > 0 AND isfinite(battery_wh)),
    vehicle_wh_per_mile                 DOUBLE CHECK (vehicle_wh_per_mile > 0 AND isfinite(vehicle_wh_per_mile)),
    interconnect_name                   VARCHAR,
    interconnect_printed_gb_per_s       DOUBLE CHECK (interconnect_printed_gb_per_s > 0 AND isfinite(interconnect_printed_gb_per_s)),
    interconnect_gb_per_s_per_direction DOUBLE
        CHECK (interconnect_gb_per_s_per_direction > 0 AND isfinite(interconnect_gb_per_s_per_direction)),
    accelerators                        INTEGER CHECK (accelerators >= 1),
    price_usd                           DOUBLE CHECK (price_usd >= 0 AND isfinite(price_usd)),
    price_kind                          VARCHAR,
    source_id                           VARCHAR NOT NULL DEFAULT 'user_entry' REFERENCES sources (source_id),
    confidence                          VARCHAR NOT NULL DEFAULT 'estimated'
        CHECK (confidence IN ('cited', 'derived', 'recalled', 'estimated', 'judgement')),
    estimated_fields                    VARCHAR,
    notes                               VARCHAR,
    origin                              VARCHAR NOT NULL DEFAULT 'user' CHECK (origin IN ('builtin', 'user'))
);

CREATE TABLE device_peaks (
    device_id   VARCHAR NOT NULL REFERENCES devices (device_id),
    precision   VARCHAR NOT NULL CHECK (precision IN (
        'fp64', 'fp32', 'tf32', 'bf16', 'fp16', 'fp8', 'fp6', 'fp4', 'int16', 'int8', 'int4',
        'fp16_acc16', 'fp16_npu', 'fp16_cpu', 'fp32_cpu', 'int8_cpu', 'int4_cpu')),
    dense_tops  DOUBLE NOT NULL CHECK (dense_tops > 0 AND isfinite(dense_tops)),
    sparse_tops DOUBLE CHECK (sparse_tops >= dense_tops AND isfinite(sparse_tops)),
    basis       VARCHAR,
    source_id   VARCHAR NOT NULL DEFAULT 'user_entry' REFERENCES sources (source_id),
    confidence  VARCHAR NOT NULL DEFAULT 'estimated'
        CHECK (confidence IN ('cited', 'derived', 'recalled', 'estimated', 'judgement')),
    note        VARCHAR,
    origin      VARCHAR NOT NULL DEFAULT 'user' CHECK (origin IN ('builtin', 'user')),
    PRIMARY KEY (device_id, precision)
);

CREATE TABLE models (
    model_id          VARCHAR PRIMARY KEY CHECK (length(trim(model_id)) > 0),
    name              VARCHAR NOT NULL,
    kind              VARCHAR NOT NULL CHECK (kind IN (
        'decoder', 'encoder', 'speech', 'vision', 'vla', 'diffusion', 'recommender')),
    params_b          DOUBLE NOT NULL CHECK (params_b > 0 AND isfinite(params_b)),
    active_params_b   DOUBLE CHECK (active_params_b > 0 AND active_params_b <= params_b),
    layers            INTEGER CHECK (layers > 0),
    hidden            INTEGER CHECK (hidden > 0),
    heads             INTEGER CHECK (heads > 0),
    kv_heads          INTEGER CHECK (kv_heads > 0),
    head_dim          INTEGER CHECK (head_dim > 0),
    ffn               INTEGER CHECK (ffn > 0),
    vocab             INTEGER CHECK (vocab > 0),
    tied_embeddings   BOOLEAN,
    attention         VARCHAR CHECK (attention IN ('mha', 'gqa', 'mqa', 'mla')),
    kv_latent         INTEGER CHECK (kv_latent > 0),
    rope_dim          INTEGER CHECK (rope_dim > 0),
    sliding_window    INTEGER CHECK (sliding_window > 0),
    experts           INTEGER CHECK (experts > 0),
    experts_per_token INTEGER CHECK (experts_per_token > 0 AND experts_per_token <= experts),
    shared_experts    INTEGER CHECK (shared_experts >= 0),
    expert_ffn        INTEGER CHECK (expert_ffn > 0),
    moe_layers        INTEGER CHECK (moe_layers >= 0),
    max_context       INTEGER CHECK (max_context > 0),
    gflop_per_item    DOUBLE CHECK (gflop_per_item > 0 AND isfinite(gflop_per_item)),
    weights_note      VARCHAR,
    ffn_mats          INTEGER CHECK (ffn_mats IN (2, 3)),
    q_latent          INTEGER CHECK (q_latent > 0),
    attn_layers       INTEGER CHECK (attn_layers >= 0),
    extra_params_b    DOUBLE,
    extra_active_params_b DOUBLE,
    source_id         VARCHAR NOT NULL DEFAULT 'user_entry' REFERENCES sources (source_id),
    confidence        VARCHAR NOT NULL DEFAULT 'estimated'
        CHECK (confidence IN ('cited', 'derived', 'recalled', 'estimated', 'judgement')),
    origin            VARCHAR NOT NULL DEFAULT 'user' CHECK (origin IN ('builtin', 'user'))
);

CREATE TABLE workloads (
    workload_id                VARCHAR PRIMARY KEY CHECK (length(trim(workload_id)) > 0),
    name                       VARCHAR NOT NULL,
    family                     VARCHAR NOT NULL,
    series                     VARCHAR NOT NULL CHECK (series IN ('edge', 'cloud', 'either', 'training')),
    model_id                   VARCHAR NOT NULL REFERENCES models (model_id),
    frontier_track             BOOLEAN NOT NULL DEFAULT FALSE,
    prompt_tokens              DOUBLE CHECK (prompt_tokens >= 0 AND isfinite(prompt_tokens)),
    output_tokens              DOUBLE CHECK (output_tokens >= 0 AND isfinite(output_tokens)),
    cached_prompt_share        DOUBLE CHECK (cached_prompt_share BETWEEN 0 AND 1),
    samples                    INTEGER NOT NULL DEFAULT 1 CHECK (samples >= 1),
    reasoning_multiplier       DOUBLE NOT NULL DEFAULT 1 CHECK (reasoning_multiplier >= 1 AND isfinite(reasoning_multiplier)),
    items_per_s                DOUBLE CHECK (items_per_s > 0 AND isfinite(items_per_s)),
    inputs_per_item            DOUBLE CHECK (inputs_per_item > 0 AND isfinite(inputs_per_item)),
    item_note                  VARCHAR,
    batch_edge                 INTEGER NOT NULL DEFAULT 1 CHECK (batch_edge >= 1),
    batch_cloud                INTEGER NOT NULL DEFAULT 1 CHECK (batch_cloud >= 1),
    weight_precision_edge      VARCHAR,
    weight_precision_cloud     VARCHAR,
    first_token_budget_ms      DOUBLE CHECK (first_token_budget_ms > 0),
    per_token_budget_ms        DOUBLE CHECK (per_token_budget_ms > 0),
    deadline_ms                DOUBLE CHECK (deadline_ms > 0),
    power_budget_w             DOUBLE CHECK (power_budget_w > 0),
    must_run                   VARCHAR NOT NULL DEFAULT 'anywhere' CHECK (must_run IN ('anywhere', 'edge', 'cloud')),
    why_must_run               VARCHAR,
    uplink_bytes_per_request   DOUBLE CHECK (uplink_bytes_per_request >= 0),
    downlink_bytes_per_request DOUBLE CHECK (downlink_bytes_per_request >= 0),
    source_id                  VARCHAR NOT NULL DEFAULT 'user_entry' REFERENCES sources (source_id),
    confidence                 VARCHAR NOT NULL DEFAULT 'estimated'
        CHECK (confidence IN ('cited', 'derived', 'recalled', 'estimated', 'judgement')),
    notes                      VARCHAR,
    origin                     VARCHAR NOT NULL DEFAULT 'user' CHECK (origin IN ('builtin', 'user'))
);

CREATE TABLE efficiencies (
    efficiency_id         VARCHAR PRIMARY KEY,
    backend               VARCHAR NOT NULL,
    weight_class          VARCHAR NOT NULL,
    kind                  VARCHAR NOT NULL,
    compute_efficiency    DOUBLE NOT NULL CHECK (compute_efficiency > 0 AND compute_efficiency <= 1),
    bandwidth_efficiency  DOUBLE NOT NULL CHECK (bandwidth_efficiency > 0 AND bandwidth_efficiency <= 1),
    overhead_us_per_layer DOUBLE NOT NULL CHECK (overhead_us_per_layer >= 0),
    residual_spread       DOUBLE NOT NULL CHECK (residual_spread >= 0),
    measurements          INTEGER NOT NULL CHECK (measurements >= 0),
    source_id             VARCHAR NOT NULL DEFAULT 'user_entry' REFERENCES sources (source_id),
    confidence            VARCHAR NOT NULL DEFAULT 'estimated'
        CHECK (confidence IN ('cited', 'derived', 'recalled', 'estimated', 'judgement')),
    note                  VARCHAR,
    origin                VARCHAR NOT NULL DEFAULT 'user' CHECK (origin IN ('builtin', 'user'))
);

CREATE TABLE workload_drivers (
    workload_id VARCHAR NOT NULL,
    driver      VARCHAR NOT NULL,
    year        INTEGER NOT NULL CHECK (year BETWEEN 1990 AND 2100),
    low         DOUBLE,
    central     DOUBLE NOT NULL CHECK (central >= 0 AND isfinite(central)),
    high        DOUBLE,
    unit        VARCHAR NOT NULL,
    source_id   VARCHAR NOT NULL DEFAULT 'user_entry' REFERENCES sources (source_id),
    confidence  VARCHAR NOT NULL DEFAULT 'estimated'
        CHECK (confidence IN ('cited', 'derived', 'recalled', 'estimated', 'judgement')),
    origin      VARCHAR NOT NULL DEFAULT 'user' CHECK (origin IN ('builtin', 'user')),
    PRIMARY KEY (workload_id, driver, year),
    CHECK (low <= central AND central <= high)
);

CREATE TABLE workload_demand (
    workload_id        VARCHAR PRIMARY KEY REFERENCES workloads (workload_id),
    basis              VARCHAR NOT NULL CHECK (basis IN ('world', 'fleet')),
    elsewhere          VARCHAR REFERENCES workloads (workload_id),
    preference         VARCHAR,
    network            VARCHAR,
    privacy_need       DOUBLE CHECK (privacy_need BETWEEN 0 AND 1),
    lag_ratio          DOUBLE CHECK (lag_ratio >= 0 AND isfinite(lag_ratio)),
    source_id          VARCHAR NOT NULL DEFAULT 'user_entry' REFERENCES sources (source_id),
    confidence         VARCHAR NOT NULL DEFAULT 'estimated'
        CHECK (confidence IN ('cited', 'derived', 'recalled', 'estimated', 'judgement')),
    note               VARCHAR,
    origin             VARCHAR NOT NULL DEFAULT 'user' CHECK (origin IN ('builtin', 'user'))
);

CREATE TABLE workload_demand_terms (
    workload_id        VARCHAR NOT NULL REFERENCES workloads (workload_id),
    driver_workload_id VARCHAR NOT NULL,
    driver             VARCHAR NOT NULL,
    role               VARCHAR NOT NULL CHECK (role IN ('factor', 'complement', 'growth')),
    source_id          VARCHAR NOT NULL DEFAULT 'user_entry' REFERENCES sources (source_id),
    confidence         VARCHAR NOT NULL DEFAULT 'estimated'
        CHECK (confidence IN ('cited', 'derived', 'recalled', 'estimated', 'judgement')),
    origin             VARCHAR NOT NULL DEFAULT 'user' CHECK (origin IN ('builtin', 'user')),
    PRIMARY KEY (workload_id, driver_workload_id, driver)
);

CREATE TABLE workload_hosts (
    workload_id VARCHAR NOT NULL REFERENCES workloads (workload_id),
    segment     VARCHAR NOT NULL,
    device_id   VARCHAR NOT NULL DEFAULT 'any',
    dedicated   BOOLEAN NOT NULL DEFAULT FALSE,
    built_for   BOOLEAN NOT NULL DEFAULT FALSE,
    source_id   VARCHAR NOT NULL DEFAULT 'user_entry' REFERENCES sources (source_id),
    confidence  VARCHAR NOT NULL DEFAULT 'estimated'
        CHECK (confidence IN ('cited', 'derived', 'recalled', 'estimated', 'judgement')),
    note        VARCHAR,
    origin      VARCHAR NOT NULL DEFAULT 'user' CHECK (origin IN ('builtin', 'user')),
    PRIMARY KEY (workload_id, segment, device_id)
);

CREATE TABLE networks (
    network                VARCHAR PRIMARY KEY,
    rtt_ms_p5              DOUBLE CHECK (rtt_ms_p5 >= 0),
    rtt_ms_p50             DOUBLE CHECK (rtt_ms_p50 >= rtt_ms_p5),
    rtt_ms_p95             DOUBLE CHECK (rtt_ms_p95 >= rtt_ms_p50),
    uplink_mbps            DOUBLE CHECK (uplink_mbps > 0),
    downlink_mbps          DOUBLE CHECK (downlink_mbps > 0),
    energy_nj_per_bit      DOUBLE CHECK (energy_nj_per_bit >= 0),
    energy_nj_per_bit_down DOUBLE CHECK (energy_nj_per_bit_down >= 0),
    infra_nj_per_bit       DOUBLE CHECK (infra_nj_per_bit >= 0),
    reach                  VARCHAR,
    source_id              VARCHAR NOT NULL DEFAULT 'user_entry' REFERENCES sources (source_id),
    confidence             VARCHAR NOT NULL DEFAULT 'estimated'
        CHECK (confidence IN ('cited', 'derived', 'recalled', 'estimated', 'judgement')),
    notes                  VARCHAR,
    origin                 VARCHAR NOT NULL DEFAULT 'user' CHECK (origin IN ('builtin', 'user'))
);

CREATE TABLE operation_energies (
    operation    VARCHAR NOT NULL,
    process_node VARCHAR NOT NULL DEFAULT '',
    pj           DOUBLE NOT NULL CHECK (pj > 0),
    unit         VARCHAR NOT NULL,
    source_id    VARCHAR NOT NULL DEFAULT 'user_entry' REFERENCES sources (source_id),
    confidence   VARCHAR NOT NULL DEFAULT 'estimated'
        CHECK (confidence IN ('cited', 'derived', 'recalled', 'estimated', 'judgement')),
    notes        VARCHAR,
    origin       VARCHAR NOT NULL DEFAULT 'user' CHECK (origin IN ('builtin', 'user')),
    PRIMARY KEY (operation, process_node)
);

CREATE TABLE fleets (
    segment          VARCHAR NOT NULL,
    year             INTEGER NOT NULL CHECK (year BETWEEN 1990 AND 2100),
    shipments_m_low  DOUBLE CHECK (shipments_m_low >= 0),
    shipments_m      DOUBLE NOT NULL CHECK (shipments_m >= 0 AND isfinite(shipments_m)),
    shipments_m_high DOUBLE,
    is_forecast      BOOLEAN NOT NULL,
    vintage          VARCHAR,
    source_id        VARCHAR NOT NULL DEFAULT 'user_entry' REFERENCES sources (source_id),
    confidence       VARCHAR NOT NULL DEFAULT 'estimated'
        CHECK (confidence IN ('cited', 'derived', 'recalled', 'estimated', 'judgement')),
    note             VARCHAR,
    origin           VARCHAR NOT NULL DEFAULT 'user' CHECK (origin IN ('builtin', 'user')),
    PRIMARY KEY (segment, year),
    CHECK (shipments_m_low <= shipments_m AND shipments_m <= shipments_m_high)
);

CREATE TABLE fleet_lifetimes (
    segment                   VARCHAR PRIMARY KEY,
    weibull_scale_years_low   DOUBLE NOT NULL CHECK (weibull_scale_years_low > 0),
    weibull_scale_years       DOUBLE NOT NULL CHECK (weibull_scale_years > 0),
    weibull_scale_years_high  DOUBLE NOT NULL,
    weibull_shape             DOUBLE NOT NULL CHECK (weibull_shape > 0),
    source_id                 VARCHAR NOT NULL DEFAULT 'user_entry' REFERENCES sources (source_id),
    confidence                VARCHAR NOT NULL DEFAULT 'estimated'
        CHECK (confidence IN ('cited', 'derived', 'recalled', 'estimated', 'judgement')),
    origin                    VARCHAR NOT NULL DEFAULT 'user' CHECK (origin IN ('builtin', 'user')),
    CHECK (weibull_scale_years_low <= weibull_scale_years AND weibull_scale_years <= weibull_scale_years_high)
);

CREATE TABLE fleet_mix (
    segment    VARCHAR NOT NULL,
    year       INTEGER NOT NULL CHECK (year BETWEEN 1990 AND 2100),
    device_id  VARCHAR NOT NULL REFERENCES devices (device_id),
    share      DOUBLE NOT NULL CHECK (share BETWEEN 0 AND 1),
    source_id  VARCHAR NOT NULL DEFAULT 'user_entry' REFERENCES sources (source_id),
    confidence VARCHAR NOT NULL DEFAULT 'estimated'
        CHECK (confidence IN ('cited', 'derived', 'recalled', 'estimated', 'judgement')),
    note       VARCHAR,
    origin     VARCHAR NOT NULL DEFAULT 'user' CHECK (origin IN ('builtin', 'user')),
    PRIMARY KEY (segment, year, device_id)
);

CREATE TABLE usage (
    series     VARCHAR NOT NULL,
    entity     VARCHAR NOT NULL,
    date       DATE NOT NULL,
    value      DOUBLE,
    value_text VARCHAR,
    unit       VARCHAR NOT NULL,
    source_id  VARCHAR NOT NULL DEFAULT 'user_entry' REFERENCES sources (source_id),
    confidence VARCHAR NOT NULL DEFAULT 'estimated'
        CHECK (confidence IN ('cited', 'derived', 'recalled', 'estimated', 'judgement')),
    note       VARCHAR,
    origin     VARCHAR NOT NULL DEFAULT 'user' CHECK (origin IN ('builtin', 'user')),
    PRIMARY KEY (series, entity, date)
);

CREATE TABLE history (
    series     VARCHAR NOT NULL,
    entity     VARCHAR NOT NULL,
    date       DATE NOT NULL,
    value      DOUBLE NOT NULL CHECK (isfinite(value)),
    low        DOUBLE,
    high       DOUBLE,
    unit       VARCHAR NOT NULL,
    source_id  VARCHAR NOT NULL DEFAULT 'user_entry' REFERENCES sources (source_id),
    confidence VARCHAR NOT NULL DEFAULT 'estimated'
        CHECK (confidence IN ('cited', 'derived', 'recalled', 'estimated', 'judgement')),
    note       VARCHAR,
    origin     VARCHAR NOT NULL DEFAULT 'user' CHECK (origin IN ('builtin', 'user')),
    PRIMARY KEY (series, entity, date)
);

CREATE TABLE training_runs (
    name                 VARCHAR NOT NULL,
    date                 DATE NOT NULL,
    organization         VARCHAR,
    domain               VARCHAR,
    params               DOUBLE CHECK (params > 0),
    tokens_or_datapoints DOUBLE CHECK (tokens_or_datapoints > 0),
    training_flop        DOUBLE NOT NULL CHECK (training_flop > 0),
    hardware             VARCHAR,
    hardware_quantity    DOUBLE CHECK (hardware_quantity > 0),
    training_time_h      DOUBLE CHECK (training_time_h > 0),
    record               BOOLEAN,
    source_id            VARCHAR NOT NULL DEFAULT 'user_entry' REFERENCES sources (source_id),
    confidence           VARCHAR NOT NULL DEFAULT 'estimated'
        CHECK (confidence IN ('cited', 'derived', 'recalled', 'estimated', 'judgement')),
    origin               VARCHAR NOT NULL DEFAULT 'user' CHECK (origin IN ('builtin', 'user')),
    PRIMARY KEY (name, date)
);

CREATE TABLE published_forecasts (
    forecast_id VARCHAR PRIMARY KEY,
    series      VARCHAR NOT NULL,
    entity      VARCHAR NOT NULL,
    made        VARCHAR,
    year        INTEGER NOT NULL,
    value       DOUBLE,
    low         DOUBLE,
    high        DOUBLE,
    unit        VARCHAR NOT NULL,
    source_id   VARCHAR NOT NULL DEFAULT 'user_entry' REFERENCES sources (source_id),
    confidence  VARCHAR NOT NULL DEFAULT 'estimated'
        CHECK (confidence IN ('cited', 'derived', 'recalled', 'estimated', 'judgement')),
    note        VARCHAR,
    origin      VARCHAR NOT NULL DEFAULT 'user' CHECK (origin IN ('builtin', 'user'))
);

CREATE TABLE forecast_backtests (
    forecast       VARCHAR PRIMARY KEY,
    made           VARCHAR,
    target         VARCHAR,
    forecast_value VARCHAR,
    outcome        VARCHAR,
    error          VARCHAR,
    target_year    INTEGER CHECK (target_year BETWEEN 1990 AND 2100),
    predicted      DOUBLE CHECK (isfinite(predicted)),
    low            DOUBLE,
    high           DOUBLE,
    actual         DOUBLE CHECK (isfinite(actual)),
    unit           VARCHAR,
    lesson         VARCHAR,
    source_id      VARCHAR NOT NULL DEFAULT 'user_entry' REFERENCES sources (source_id),
    confidence     VARCHAR NOT NULL DEFAULT 'estimated'
        CHECK (confidence IN ('cited', 'derived', 'recalled', 'estimated', 'judgement')),
    origin         VARCHAR NOT NULL DEFAULT 'user' CHECK (origin IN ('builtin', 'user'))
);

CREATE TABLE growth_rates (
    quantity     VARCHAR PRIMARY KEY,
    central      DOUBLE NOT NULL CHECK (central > 0),
    low          DOUBLE,
    high         DOUBLE,
    unit         VARCHAR NOT NULL,
    "interval"   VARCHAR,
    "window"     VARCHAR,
    source_id    VARCHAR NOT NULL DEFAULT 'user_entry' REFERENCES sources (source_id),
    confidence   VARCHAR NOT NULL DEFAULT 'estimated'
        CHECK (confidence IN ('cited', 'derived', 'recalled', 'estimated', 'judgement')),
    note         VARCHAR,
    origin       VARCHAR NOT NULL DEFAULT 'user' CHECK (origin IN ('builtin', 'user'))
);

CREATE TABLE edge_bottom_up (
    year                 INTEGER NOT NULL,
    device               VARCHAR NOT NULL,
    fleet_million        DOUBLE NOT NULL,
    mean_peak_tops       DOUBLE NOT NULL,
    duty_share_of_day    DOUBLE NOT NULL,
    util_when_active     DOUBLE NOT NULL,
    installed_peak_tops  DOUBLE NOT NULL,
    sustained_used_tops  DOUBLE NOT NULL,
    source_id            VARCHAR NOT NULL DEFAULT 'user_entry' REFERENCES sources (source_id),
    confidence           VARCHAR NOT NULL DEFAULT 'estimated'
        CHECK (confidence IN ('cited', 'derived', 'recalled', 'estimated', 'judgement')),
    origin               VARCHAR NOT NULL DEFAULT 'user' CHECK (origin IN ('builtin', 'user')),
    PRIMARY KEY (year, device)
);

CREATE TABLE assumptions (
    assumption_id VARCHAR PRIMARY KEY CHECK (length(trim(assumption_id)) > 0),
    "group"       VARCHAR NOT NULL,
    name          VARCHAR NOT NULL,
    unit          VARCHAR NOT NULL,
    low           DOUBLE NOT NULL CHECK (isfinite(low)),
    central       DOUBLE NOT NULL CHECK (isfinite(central)),
    high          DOUBLE NOT NULL CHECK (isfinite(high)),
    minimum       DOUBLE,
    maximum       DOUBLE,
    distribution  VARCHAR NOT NULL CHECK (distribution IN ('lognormal', 'logitnormal', 'normal')),
    meaning       VARCHAR NOT NULL,
    source_id     VARCHAR NOT NULL DEFAULT 'user_entry' REFERENCES sources (source_id),
    confidence    VARCHAR NOT NULL DEFAULT 'estimated'
        CHECK (confidence IN ('cited', 'derived', 'recalled', 'estimated', 'judgement')),
    origin        VARCHAR NOT NULL DEFAULT 'user' CHECK (origin IN ('builtin', 'user')),
    CHECK (low <= central AND central <= high)
);

CREATE TABLE assumption_correlations (
    assumption_id      VARCHAR NOT NULL REFERENCES assumptions (assumption_id),
    with_assumption_id VARCHAR NOT NULL REFERENCES assumptions (assumption_id),
    rank_correlation   DOUBLE NOT NULL CHECK (rank_correlation > -1 AND rank_correlation < 1),
    source_id          VARCHAR NOT NULL DEFAULT 'user_entry' REFERENCES sources (source_id),
    confidence         VARCHAR NOT NULL DEFAULT 'judgement'
        CHECK (confidence IN ('cited', 'derived', 'recalled', 'estimated', 'judgement')),
    note               VARCHAR,
    origin             VARCHAR NOT NULL DEFAULT 'user' CHECK (origin IN ('builtin', 'user')),
    PRIMARY KEY (assumption_id, with_assumption_id),
    CHECK (assumption_id < with_assumption_id)
);

CREATE TABLE scenarios (
    scenario_id VARCHAR PRIMARY KEY CHECK (length(trim(scenario_id)) > 0),
    parent_id   VARCHAR REFERENCES scenarios (scenario_id),
    name        VARCHAR NOT NULL,
    description VARCHAR NOT NULL,
    kind        VARCHAR NOT NULL DEFAULT 'model' CHECK (kind IN ('model', 'replay')),
    source_id   VARCHAR NOT NULL DEFAULT 'user_entry' REFERENCES sources (source_id),
    confidence  VARCHAR NOT NULL DEFAULT 'estimated'
        CHECK (confidence IN ('cited', 'derived', 'recalled', 'estimated', 'judgement')),
    origin      VARCHAR NOT NULL DEFAULT 'user' CHECK (origin IN ('builtin', 'user'))
);

CREATE TABLE scenario_overrides (
    scenario_id   VARCHAR NOT NULL REFERENCES scenarios (scenario_id),
    assumption_id VARCHAR NOT NULL REFERENCES assumptions (assumption_id),
    low           DOUBLE NOT NULL CHECK (isfinite(low)),
    central       DOUBLE NOT NULL CHECK (isfinite(central)),
    high          DOUBLE NOT NULL CHECK (isfinite(high)),
    source_id     VARCHAR NOT NULL DEFAULT 'user_entry' REFERENCES sources (source_id),
    confidence    VARCHAR NOT NULL DEFAULT 'judgement'
        CHECK (confidence IN ('cited', 'derived', 'recalled', 'estimated', 'judgement')),
    note          VARCHAR,
    origin        VARCHAR NOT NULL DEFAULT 'user' CHECK (origin IN ('builtin', 'user')),
    PRIMARY KEY (scenario_id, assumption_id),
    CHECK (low <= central AND central <= high)
);

CREATE TABLE measurements (
    measurement_id    VARCHAR PRIMARY KEY,
    device_id         VARCHAR NOT NULL REFERENCES devices (device_id),
    n_devices         INTEGER NOT NULL DEFAULT 1 CHECK (n_devices >= 1),
    model_id          VARCHAR NOT NULL REFERENCES models (model_id),
    weight_precision  VARCHAR,
    weight_bits       DOUBLE CHECK (weight_bits > 0),
    compute_precision VARCHAR,
    kv_bits           DOUBLE,
    software          VARCHAR,
    backend           VARCHAR,
    runs_on           VARCHAR,
    batch             DOUBLE CHECK (batch > 0),
    input_tokens      DOUBLE CHECK (input_tokens >= 0),
    output_tokens     DOUBLE CHECK (output_tokens >= 0),
    metric            VARCHAR NOT NULL,
    value             DOUBLE NOT NULL CHECK (value > 0 AND isfinite(value)),
    scope             VARCHAR,
    class             VARCHAR,
    quality           VARCHAR,
    source_title      VARCHAR,
    source_ref        VARCHAR,
    note              VARCHAR,
    nonexpert_bits    DOUBLE,
    evals_per_item    DOUBLE,
    max_num_seqs      DOUBLE,
    layer_split       BOOLEAN,
    source_device     VARCHAR,
    source_variant    VARCHAR,
    source_id         VARCHAR NOT NULL DEFAULT 'user_entry' REFERENCES sources (source_id),
    confidence        VARCHAR NOT NULL DEFAULT 'estimated'
        CHECK (confidence IN ('cited', 'derived', 'recalled', 'estimated', 'judgement')),
    origin            VARCHAR NOT NULL DEFAULT 'user' CHECK (origin IN ('builtin', 'user'))
);

CREATE TABLE left_out_predictions (
    measurement_id VARCHAR PRIMARY KEY REFERENCES measurements (measurement_id),
    predicted      DOUBLE NOT NULL CHECK (predicted > 0 AND isfinite(predicted)),
    low            DOUBLE NOT NULL CHECK (low > 0),
    high           DOUBLE NOT NULL CHECK (high > 0 AND isfinite(high)),
    source_id      VARCHAR NOT NULL DEFAULT 'user_entry' REFERENCES sources (source_id),
    confidence     VARCHAR NOT NULL DEFAULT 'estimated'
        CHECK (confidence IN ('cited', 'derived', 'recalled', 'estimated', 'judgement')),
    origin         VARCHAR NOT NULL DEFAULT 'user' CHECK (origin IN ('builtin', 'user'))
);

CREATE TABLE claims (
    claim_id        VARCHAR PRIMARY KEY,
    source_document VARCHAR NOT NULL,
    statement       VARCHAR NOT NULL,
    inputs          VARCHAR,
    expected        VARCHAR,
    unit            VARCHAR,
    tolerance       VARCHAR,
    kind            VARCHAR NOT NULL CHECK (kind IN ('published', 'derive', 'conflict', 'device', 'workload')),
    note            VARCHAR,
    source_id       VARCHAR NOT NULL DEFAULT 'user_entry' REFERENCES sources (source_id),
    confidence      VARCHAR NOT NULL DEFAULT 'estimated'
        CHECK (confidence IN ('cited', 'derived', 'recalled', 'estimated', 'judgement')),
    origin          VARCHAR NOT NULL DEFAULT 'user' CHECK (origin IN ('builtin', 'user'))
);

CREATE TABLE source_figures (
    source_document VARCHAR NOT NULL,
    device          VARCHAR NOT NULL,
    quantity        VARCHAR NOT NULL,
    value           VARCHAR NOT NULL,
    unit            VARCHAR,
    quote_short     VARCHAR,
    comment         VARCHAR,
    source_id       VARCHAR NOT NULL DEFAULT 'user_entry' REFERENCES sources (source_id),
    confidence      VARCHAR NOT NULL DEFAULT 'estimated'
        CHECK (confidence IN ('cited', 'derived', 'recalled', 'estimated', 'judgement')),
    origin          VARCHAR NOT NULL DEFAULT 'user' CHECK (origin IN ('builtin', 'user')),
    PRIMARY KEY (source_document, device, quantity)
);

-- A forecast kept under a name, to be scored when the years that it spoke of are over. `overrides` is a JSON object
-- of assumptions held at a value; `inputs_hash` covers every table, the scenario, the overrides, draws, seed and
-- program version: the same hash gives the same bands.
CREATE TABLE forecast_vintages (
    name            VARCHAR PRIMARY KEY CHECK (length(trim(name)) > 0),
    made            DATE NOT NULL,
    scenario_id     VARCHAR NOT NULL,
    overrides       VARCHAR NOT NULL DEFAULT '{}',
    draws           INTEGER NOT NULL CHECK (draws >= 1),
    seed            INTEGER NOT NULL CHECK (seed >= 0),
    program_version VARCHAR NOT NULL,
    inputs_hash     VARCHAR NOT NULL,
    origin          VARCHAR NOT NULL DEFAULT 'user' CHECK (origin IN ('builtin', 'user'))
);

-- Quantiles of a kept forecast's figures; `known` is what had been observed of the year when it was made.
CREATE TABLE forecast_vintage_bands (
    name   VARCHAR NOT NULL REFERENCES forecast_vintages (name),
    output VARCHAR NOT NULL,
    year   INTEGER NOT NULL CHECK (year BETWEEN 1990 AND 2100),
    unit   VARCHAR NOT NULL,
    p5     DOUBLE NOT NULL,
    p25    DOUBLE NOT NULL,
    p50    DOUBLE NOT NULL,
    p75    DOUBLE NOT NULL,
    p95    DOUBLE NOT NULL,
    known  DOUBLE,
    origin VARCHAR NOT NULL DEFAULT 'user' CHECK (origin IN ('builtin', 'user')),
    PRIMARY KEY (name, output, year),
    CHECK (p5 <= p25 AND p25 <= p50 AND p50 <= p75 AND p75 <= p95)
);

-- A page of the app under a name: `address` is what its address holds after the question mark.
CREATE TABLE saved_views (
    name    VARCHAR PRIMARY KEY CHECK (length(trim(name)) > 0),
    page    VARCHAR NOT NULL CHECK (length(trim(page)) > 0),
    address VARCHAR NOT NULL DEFAULT '',
    saved   DATE NOT NULL,
    origin  VARCHAR NOT NULL DEFAULT 'user' CHECK (origin IN ('builtin', 'user'))
);

-- Which observed series says what became of a forecast figure: rows of `history` and `usage` with this series, entity
-- and unit, times `factor`; `year_end` takes the newest of December, `year_mean` the mean of the year's rows.
CREATE TABLE forecast_outcomes (
    output     VARCHAR NOT NULL,
    series     VARCHAR NOT NULL,
    entity     VARCHAR NOT NULL,
    unit       VARCHAR NOT NULL,
    factor     DOUBLE NOT NULL DEFAULT 1 CHECK (factor > 0 AND isfinite(factor)),
    timing     VARCHAR NOT NULL CHECK (timing IN ('year_end', 'year_mean')),
    source_id  VARCHAR NOT NULL DEFAULT 'user_entry' REFERENCES sources (source_id),
    confidence VARCHAR NOT NULL DEFAULT 'judgement'
        CHECK (confidence IN ('cited', 'derived', 'recalled', 'estimated', 'judgement')),
    note       VARCHAR,
    origin     VARCHAR NOT NULL DEFAULT 'user' CHECK (origin IN ('builtin', 'user')),
    PRIMARY KEY (output, series, entity, unit)
);
