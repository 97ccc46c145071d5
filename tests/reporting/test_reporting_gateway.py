"""Data teams ask ClickHouse over HTTP as they are used to; nothing but reading of figures gets through."""

import gzip
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import clickhouse_connect
import httpx
import pytest
import uvicorn
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import DatabaseError

from streams.reporting.gateway import Gateway, gateway_app
from streams.reporting.query import AT_ONCE, Queries
from streams.reporting.schema import migrate
from streams.reporting.store import open_store
from tests.reporting.conftest import keep_everything
from tests.reporting.known import ALKMAAR, FACTS


class Served:
    """A gateway on a free port, in a thread of its own."""

    def __init__(self, queries: Queries, writer: Client) -> None:
        self.writer = writer
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listening.getsockname()[1])
        self._gateway = Gateway(queries)
        config = uvicorn.Config(gateway_app(self._gateway), log_config=None, lifespan="off", timeout_graceful_shutdown=2)
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, args=([self._listening],))
        self._thread.start()
        self.http = httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=30, trust_env=False)

    def ask(self, statement: str, **parameters: str) -> httpx.Response:
        return self.http.post("/", params=parameters, content=statement)

    def close(self) -> None:
        self.http.close()
        self._server.should_exit = True
        self._thread.join(10)
        self._gateway.close()
        self._listening.close()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("gateway") / "clickhouse"
    writer = open_store(f"chdb://{folder}")
    migrate(writer)
    keep_everything(writer)
    gateway = Served(Queries(str(folder)), writer)
    yield gateway
    gateway.close()
    writer.close()


@pytest.fixture(scope="module")
def driver(served: Served) -> Iterator[Client]:
    client = clickhouse_connect.get_client(host="127.0.0.1", port=served.port)
    yield client
    client.close()


def test_curl_gets_figures_by_get(served: Served) -> None:
    answer = served.http.get("/", params={"query": "SELECT count() FROM facts"})
    assert (answer.status_code, answer.text) == (200, f"{FACTS}\n")
    assert answer.headers["X-ClickHouse-Format"] == "TabSeparated"
    assert answer.headers["X-ClickHouse-Timezone"] == "UTC"
    assert "read_rows" in answer.headers["X-ClickHouse-Summary"]


def test_curl_gets_figures_by_post_as_it_sends_it(served: Served) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = served.http.post("/", content="SELECT 1 AS a FORMAT JSONEachRow", headers=form)
    assert (answer.json(), answer.headers["X-ClickHouse-Format"]) == ({"a": 1}, "JSONEachRow")


def test_the_body_follows_the_query_parameter(served: Served) -> None:
    assert served.http.post("/", params={"query": "SELECT 1 +"}, content="2").text == "3\n"


def test_a_format_may_be_the_default_of_the_request(served: Served) -> None:
    assert served.ask("SELECT 1 AS a", default_format="JSONCompact").json()["data"] == [[1]]


def test_comments_line_ends_and_a_last_semicolon_are_fine(served: Served) -> None:
    assert served.ask("-- figures; of today\nSELECT /* ; */ 'a;b\\n' AS x; \n").text == "a;b\\n\n"


def test_typed_parameters_are_bound_by_the_engine(served: Served) -> None:
    question = "SELECT count() FROM facts WHERE municipality = {municipality:String}"
    assert served.ask(question, param_municipality=ALKMAAR).text == "27\n"
    assert served.ask(question, param_municipality="x' OR 1 = 1 --").text == "0\n"


def test_an_empty_question_and_a_ping_are_ok(served: Served) -> None:
    assert [served.http.get(path).text for path in ("/", "/ping", "/replicas_status")] == ["Ok.\n"] * 3


def test_a_large_answer_is_compressed_when_asked(served: Served) -> None:
    with served.http.stream("POST", "/", content="SELECT repeat('x', 9999)", headers={"Accept-Encoding": "gzip, lz4"}) as answer:
        raw = b"".join(answer.iter_raw())
    assert answer.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(raw) == b"x" * 9999 + b"\n"
    plain = served.http.post("/", content="SELECT repeat('x', 9999)", headers={"Accept-Encoding": "identity"})
    assert "Content-Encoding" not in plain.headers


def test_the_driver_of_clickhouse_reads_rows_parameters_and_columns(driver: Client) -> None:
    question = "SELECT fact, count() AS n FROM facts WHERE service = %(service)s GROUP BY fact ORDER BY n DESC, fact LIMIT 2"
    found = driver.query(question, parameters={"service": "benefits"})
    assert found.column_names == ("fact", "n")
    assert found.result_rows == [("payment-instructed", 5), ("allowance-granted", 4)]
    assert driver.query("SELECT {a:UInt8} + 1", parameters={"a": 4}).result_rows == [(5,)]
    assert driver.query("SELECT * FROM run_statement LIMIT 0").column_names[0] == "run_ref"
    assert driver.command("SELECT count() FROM facts") == FACTS


def test_the_driver_sends_long_parameters_as_a_form(driver: Client) -> None:
    text = "x\n'" * 5_000
    assert driver.query("SELECT length({text:String})", parameters={"text": text}).result_rows == [(len(text),)]


def test_the_driver_gives_data_frames(driver: Client) -> None:
    frame = driver.query_df("SELECT municipality, granted_cents FROM allowance_per_municipality_month ORDER BY municipality")
    assert frame["granted_cents"].tolist() == [390_000, 80_000]
    big = driver.query_df("SELECT number, toString(number) AS text FROM numbers(100000)")
    assert (len(big), int(big["number"].sum())) == (100_000, 4_999_950_000)
    assert driver.query_arrow("SELECT number FROM numbers(10)").num_rows == 10


def test_the_drivers_own_streams_and_blocks_arrive_whole(driver: Client) -> None:
    with driver.query_row_block_stream("SELECT number FROM numbers(200000)") as blocks:
        assert sum(len(block) for block in blocks) == 200_000


def test_tools_find_tables_columns_and_their_meaning(driver: Client) -> None:
    names = {name for (name,) in driver.query("SHOW TABLES").result_rows}
    assert {"events", "facts", "run_statement", "payments_per_municipality_month"} <= names
    meaning = driver.command("SELECT comment FROM system.columns WHERE table = 'payments' AND name = 'state'")
    assert meaning == "instructed (outcome unknown), paid, returned, rejected, or withdrawn before its file left"
    assert driver.query("DESCRIBE TABLE run_statement").row_count == 27
    assert "Every fact exactly once" in str(driver.command("SHOW CREATE VIEW facts"))
    assert driver.command("EXISTS TABLE facts") == 1


READING = (
    "SELECT 1",
    "(SELECT 1) UNION ALL (SELECT 2)",
    "WITH 1 AS a SELECT a",
    "FROM facts SELECT count()",
    "SHOW DATABASES",
    "SHOW COLUMNS FROM facts",
    "DESCRIBE (SELECT 1 AS a)",
    "EXPLAIN SELECT count() FROM facts",
    "EXPLAIN indexes = 1 SELECT count() FROM facts WHERE stream = 'x'",
    "EXPLAIN AST SELECT 1",
    "SELECT * FROM numbers(3)",
    "SELECT * FROM values('a UInt8', 1, 2)",
    "SELECT format('{}', 1)",
    "SELECT 'INTO OUTFILE', 'file(', \"a\" FROM (SELECT 1 AS a)",
    "SELECT 1 AS `into`, 2 AS outfile",
    "SELECT arrayMap(x -> x + 1, [1, 2])",
    "SELECT count() FROM facts AS url",
    "SELECT $$several; statements$$",
    "SELECT name FROM system.functions LIMIT 1",
    "SELECT count() FROM reporting.facts",
    "SELECT count() FROM facts WHERE version = 1 SETTINGS max_threads = 2",
)


@pytest.mark.parametrize("statement", READING)
def test_reading_is_served(served: Served, statement: str) -> None:
    answer = served.ask(statement)
    assert answer.status_code == 200, answer.text


OUT = "'/tmp/backbone-outfile'"
REFUSED = (
    "INSERT INTO events (stream) VALUES ('x')",
    "INSERT INTO FUNCTION file('x.csv') SELECT 1",
    "CREATE TABLE x (a UInt8) ENGINE = Memory",
    "CREATE TEMPORARY TABLE x (a UInt8)",
    "DROP TABLE events",
    "TRUNCATE TABLE events",
    "ALTER TABLE events DELETE WHERE 1",
    "DELETE FROM events WHERE 1",
    "OPTIMIZE TABLE events FINAL",
    "RENAME TABLE events TO gone",
    "DETACH TABLE events",
    "SYSTEM STOP MERGES",
    "SYSTEM SHUTDOWN",
    "GRANT ALL ON *.* TO default",
    "CREATE USER eve",
    "BACKUP TABLE events TO Disk('default', 'x')",
    "KILL QUERY WHERE 1",
    "kill /* quietly */ query where 1 sync",
    "SET readonly = 0",
    "SET max_execution_time = 1000",
    "USE system",
    "BEGIN TRANSACTION",
    "SELECT 1 SETTINGS readonly = 0",
    "SELECT 1 SETTINGS max_memory_usage = 100000000000",
    "SELECT 1; SELECT 2",
    "SELECT 1; DROP TABLE events",
    "SELECT 1 PARALLEL WITH SELECT 2",
    f"SELECT 1 INTO OUTFILE {OUT}",
    f"SELECT 1 INTO\n\tOUTFILE {OUT} TRUNCATE FORMAT CSV",
    f"SELECT 1 /* a */ INTO -- b\n /* c */ OUTFILE {OUT}",
    f"(SELECT 1) UNION ALL (SELECT 2) into outfile {OUT} and stdout",
    f"SHOW TABLES INTO OUTFILE {OUT}",
    f"DESCRIBE TABLE events INTO OUTFILE {OUT}",
    f"EXISTS TABLE events INTO OUTFILE {OUT}",
    f"SHOW CREATE TABLE events INTO OUTFILE {OUT}",
    f"EXPLAIN SYNTAX SELECT 1 INTO OUTFILE {OUT}",
    f"EXPLAIN PIPELINE SELECT 1 INTO OUTFILE {OUT}",
    "EXPLAIN PLAN INSERT INTO events (stream) SELECT 'x'",
    "EXPLAIN TABLE OVERRIDE mysql('h:1', 'd', 't', 'u', 'p') PARTITION BY 1",
    "SELECT file('/etc/hostname')",
    "SELECT `file`('/etc/hostname')",
    "SELECT \"file\" /* */ ('/etc/hostname')",
    "SELECT arrayMap(file, ['/etc/hostname'])",
    "SELECT arrayMap(x -> file(x), ['/etc/hostname'])",
    "SELECT * APPLY(file) FROM (SELECT '/etc/hostname')",
    "SELECT * APPLY file FROM (SELECT '/etc/hostname')",
    "WITH (SELECT file('/etc/hostname')) AS f SELECT f",
    "SELECT 1 UNION ALL SELECT length(file('/etc/hostname'))",
    "SELECT * FROM file('/etc/passwd', 'LineAsString')",
    "SELECT * FROM (SELECT * FROM `file`('/etc/passwd'))",
    "SELECT 1 WHERE '1' IN (SELECT * FROM file('/etc/passwd', LineAsString))",
    "DESCRIBE TABLE file('/etc/passwd')",
    "DESCRIBE file('/etc/passwd')",
    "SELECT * FROM default.`/etc/passwd`",
    "EXISTS TABLE default.`/etc/passwd`",
    "SELECT * FROM url('http://127.0.0.1:1/', 'CSV')",
    "SELECT * FROM remote('127.0.0.1:1', 'system', 'one')",
    "SELECT * FROM remoteSecure('127.0.0.1:1', 'system', 'one')",
    "SELECT * FROM cluster('default', system.one)",
    "SELECT * FROM s3('http://127.0.0.1:1/b/k')",
    "SELECT * FROM hdfs('hdfs://127.0.0.1:1/x')",
    "SELECT * FROM sqlite('/tmp/x.db', 't')",
    "SELECT * FROM mysql('127.0.0.1:1', 'd', 't', 'u', 'p')",
    "SELECT * FROM postgresql('127.0.0.1:1', 'd', 't', 'u', 'p')",
    "SELECT * FROM mongodb('127.0.0.1:1', 'd', 't', 'u', 'p', 'a UInt8')",
    "SELECT * FROM redis('127.0.0.1:1', 'k', 'k String')",
    "SELECT * FROM jdbc('x', 'y')",
    "SELECT * FROM odbc('x', 'y')",
    "SELECT * FROM python('os')",
    "SELECT * FROM executable('id', 'CSV', 'a String')",
    "SELECT * FROM eval('SELECT 1')",
    "SELECT * FROM input('a UInt8')",
    "SELECT * FROM filesystem('/etc')",
    "SELECT * FROM icebergLocal('/tmp')",
    "SELECT * FROM deltaLakeLocal('/tmp')",
    "SELECT * FROM arrowstream('x')",
    "SELECT * FROM merge('system', 'processes')",
    "SELECT * FROM loop(events)",
    "SELECT * FROM events",
    "SELECT data FROM reporting . `events` FINAL",
    'SELECT * FROM view(SELECT data FROM "events")',
    "SELECT 1 WHERE 'x' IN events",
    "SELECT subject FROM matters_by_subject",
    "WITH s AS (SELECT * FROM Signals_By_Domain) SELECT * FROM s",
    "SELECT purpose FROM handovers_by_purpose",
    "DESCRIBE TABLE facts_whole",
    "SELECT aiGenerate('x')",
    "SELECT AIGenerate('x')",
    "SELECT query FROM system.processes",
    "SELECT * FROM `system` . `server_settings`",
    "SHOW PROCESSLIST",
    "SHOW GRANTS",
    "SELECT getServerSetting('path')",
    "CHECK TABLE events",
    "SELECT",
    "SELECT 'no end",
    "not a statement at all",
)


@pytest.mark.parametrize("statement", REFUSED)
def test_everything_else_is_refused(served: Served, statement: str) -> None:
    answer = served.ask(statement)
    assert answer.status_code >= 400, answer.text
    assert int(answer.headers["X-ClickHouse-Exception-Code"]) in {36, 46, 62, 164, 497}, answer.text
    assert answer.text.startswith(f"Code: {answer.headers['X-ClickHouse-Exception-Code']}. DB::")
    assert not Path("/tmp/backbone-outfile").exists()
    assert served.writer.command("SELECT count() FROM events FINAL") == FACTS


@pytest.mark.parametrize("value", ["file", "FILE", "`file`", "system.processes", "default", "url", "events", "Facts_Whole"])
def test_a_name_that_comes_as_a_parameter_is_judged_as_a_name(served: Served, value: str) -> None:
    answer = served.ask("SELECT arrayMap({f:Identifier}, ['/etc/hostname'])", param_f=value)
    assert answer.headers["X-ClickHouse-Exception-Code"] == "497"
    assert served.ask("SELECT count() FROM {t:Identifier}", param_t="facts").text == f"{FACTS}\n"


def test_a_write_by_the_driver_is_refused(driver: Client) -> None:
    with pytest.raises(DatabaseError, match="READONLY"):
        driver.insert("events", [["x"]], column_names=["stream"], column_type_names=["String"])
    with pytest.raises(DatabaseError, match="READONLY"):
        driver.command("CREATE TABLE x (a UInt8) ENGINE = Memory")


@pytest.mark.parametrize(
    ("statement", "parameters", "status", "code"),
    [
        ("SELECT nothing FROM facts", {}, 404, 47),
        ("SELECT * FROM nowhere", {}, 404, 60),
        ("SELECT nofunction(1)", {}, 404, 46),
        ("SELECT toUInt8('x')", {}, 400, 6),
        ("SELECT (", {}, 400, 62),
        ("SELECT {a:UInt8}", {}, 500, 456),
        ("SELECT 1 FORMAT Nonsense", {}, 404, 73),
        ("SELECT 1", {"database": "elsewhere"}, 404, 81),
        ("SELECT 1", {"nonsense": "1"}, 404, 115),
        ("SELECT 1", {"max_execution_time": "1000"}, 500, 164),
        ("SELECT 1", {"readonly": "0"}, 500, 164),
        ("SELECT 1", {"compress": "1"}, 501, 48),
        ("SELECT 1", {"user": "eve", "password": "x"}, 403, 516),
        ("SELECT throwIf(1)", {}, 500, 395),
    ],
)
def test_errors_have_the_code_and_status_of_a_server(
    served: Served, statement: str, parameters: dict[str, str], status: int, code: int
) -> None:
    answer = served.ask(statement, **parameters)
    assert (answer.status_code, answer.headers["X-ClickHouse-Exception-Code"]) == (status, str(code)), answer.text


def test_a_setting_that_is_in_force_already_may_be_named(served: Served) -> None:
    assert served.ask("SELECT 1", readonly="1", max_execution_time="5", wait_end_of_query="1", session_id="a").text == "1\n"


def test_a_page_in_a_browser_and_a_wrong_user_are_refused(served: Served) -> None:
    assert served.http.get("/?query=SELECT+1", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert served.http.get("/?query=SELECT+1", auth=("default", "secret")).status_code == 403
    assert served.http.get("/?query=SELECT+1", auth=("default", "")).status_code == 200


def test_a_statement_that_is_too_large_or_no_text_is_refused(served: Served) -> None:
    assert served.ask("SELECT '" + "x" * 300_000 + "'").headers["X-ClickHouse-Exception-Code"] == "62"
    assert served.http.post("/", content=b"x" * 20_000_000).status_code == 413
    assert served.http.post("/", content=b"SELECT '\xff'").status_code == 400


def test_a_query_ends_at_its_time_limit(served: Served) -> None:
    began = time.monotonic()
    answer = served.ask("SELECT count() FROM numbers(100000000000) WHERE NOT ignore(sipHash64(number))")
    assert (answer.status_code, answer.headers["X-ClickHouse-Exception-Code"]) == (408, "159")
    assert time.monotonic() - began < 9


def test_a_query_ends_at_its_memory_limit(served: Served) -> None:
    answer = served.ask("SELECT length(groupArray(number)) FROM numbers(200000000)")
    assert (answer.status_code, answer.headers["X-ClickHouse-Exception-Code"]) == (500, "241")


def test_an_answer_beyond_the_limit_is_an_error_and_never_cut_short(served: Served) -> None:
    too_many_rows = served.ask("SELECT number FROM numbers(1000001)")
    too_many_bytes = served.ask("SELECT repeat('x', 1000) FROM numbers(100000)")
    too_long = served.ask("SELECT repeat('x', 1000) FROM numbers(100000) FORMAT Native")
    codes = [answer.headers["X-ClickHouse-Exception-Code"] for answer in (too_many_rows, too_many_bytes, too_long)]
    assert codes[::2] == ["396", "396"]
    assert codes[1] in {"241", "396"}, "what is met first, the limit on memory or on the answer"


def test_one_question_too_many_is_told_to_come_back(served: Served) -> None:
    with ThreadPoolExecutor(2 * AT_ONCE) as pool:
        answers = list(pool.map(served.ask, ["SELECT sleep(2)"] * (2 * AT_ONCE)))
    busy = [answer for answer in answers if answer.status_code == 503]
    assert {answer.status_code for answer in answers} == {200, 503}
    assert len(busy) == AT_ONCE
    assert {(answer.headers["X-ClickHouse-Exception-Code"], answer.headers["Retry-After"]) for answer in busy} == {("202", "1")}
    assert served.ask("SELECT 1").status_code == 200


FAILING = (
    "SELECT throwIf(number = 900000) FROM numbers(1000000)",
    "SELECT number FROM numbers(1000001)",
    "SELECT repeat('x', 1000) FROM numbers(150000)",
    "SELECT (",
)


@pytest.mark.parametrize("statement", FAILING)
@pytest.mark.parametrize("form", ["TSV", "JSON", "Native"])
def test_an_answer_never_holds_remains_of_a_query_that_failed(served: Served, statement: str, form: str) -> None:
    for _ in range(AT_ONCE):
        assert served.ask(statement, default_format=form).status_code >= 400
        assert served.ask("SELECT 1").text == "1\n"


def test_questions_and_inserts_go_on_beside_each_other(served: Served) -> None:
    stop, failures = threading.Event(), list[str]()

    def asking() -> None:
        while not stop.is_set():
            answer = served.ask("SELECT count(), sum(amount_cents) FROM facts")
            if answer.status_code not in {200, 503} or (answer.status_code == 200 and not answer.text.startswith(f"{FACTS}\t")):
                failures.append(answer.text)

    threads = [threading.Thread(target=asking) for _ in range(3)]
    for thread in threads:
        thread.start()
    for _ in range(20):
        keep_everything(served.writer)
    stop.set()
    for thread in threads:
        thread.join(20)
    assert failures == []
