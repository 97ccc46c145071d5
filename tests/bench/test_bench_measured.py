"""Figures that are cheap to measure run end to end with tiny numbers; how fast they are is not asserted."""

import os
from datetime import date
from pathlib import Path

import orjson
import pytest
import typer
from typer.testing import CliRunner

from deploy.bench import command, handle, history, month, relay
from deploy.bench.chain import environment_of
from deploy.bench.figure import Figure, Target
from deploy.bench.lives import Life
from deploy.bench.many_lives import Population
from deploy.bench.memory import Peak, pss_bytes
from deploy.bench.peers import LOCK, Peers, PeersAway
from deploy.bench.place import Place, SideFailed, rate
from deploy.bench.sides import bare_kafka
from deploy.broker import Broker
from services.benefits.monthly import norms
from services.benefits.monthly.client_book import ClientBook
from services.contracts.codec import published
from services.contracts.topics import HANDOVER_EVENTS
from services.eventlog.relay import KafkaSender
from services.eventlog.sqlite import SqliteLog
from services.settings import Settings
from services.vault.keys import MemoryKeys
from services.vault.vault import Vault
from tests.benefits.a_region import KEYED

ALL_IN_SYNC = -1
"""As kafka-python keeps acks="all"."""


@pytest.fixture
def place(tmp_path: Path, broker: Broker) -> Place:
    """Without a lock there are no peers."""
    return Place(tmp_path, Peers(tmp_path / "peers", tmp_path / "bench.txt"), lambda: broker.bootstrap)


@pytest.mark.timeout(60)
def test_handle_is_measured_and_stands_alone_where_there_is_no_peer(place: Place) -> None:
    said: list[str] = []
    place.say = said.append

    figure, _in_handover = handle.figures(place, clients=20, peer_clients=5, turns=2, rounds=1)

    assert figure.value is not None
    assert figure.value > 0
    assert (figure.peer_value, figure.ratio, figure.met) == (None, None, None)
    assert said[0].startswith("no peer: ")


@pytest.mark.timeout(60)
def test_peers_that_cannot_be_installed_are_away_with_the_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    lock = tmp_path / "bench.txt"
    lock.write_text(f"no-such-package-here==1.0 --hash=sha256:{'0' * 64}\n", encoding="utf-8")

    with pytest.raises(PeersAway, match="no-such-package-here"):
        Peers(tmp_path / "peers", lock).python()


def test_peers_that_could_not_be_had_are_not_tried_again(place: Place) -> None:
    for _ in range(2):
        with pytest.raises(PeersAway):
            place.peers.python()
        (place.folder / "bench.txt").touch()

    assert not (place.folder / "peers").exists()


@pytest.mark.timeout(60)
def test_the_relay_is_measured_beside_a_bare_producer(place: Place) -> None:
    [figure] = relay.figures(place, facts=300, rounds=1)

    assert figure.value is not None
    assert figure.value > 0
    assert figure.ratio == figure.value / (figure.peer_value or 0)


def test_the_bare_producer_has_the_settings_of_the_relay(broker: Broker) -> None:
    sender = KafkaSender(broker.bootstrap, relay.TOPIC)
    product = sender._connected().config
    sender.close()

    assert {name: product[name] for name in bare_kafka.PRODUCER} == bare_kafka.PRODUCER | {"acks": ALL_IN_SYNC}


@pytest.mark.timeout(60)
def test_the_bare_consumer_reads_what_the_history_put_on_kafka(place: Place) -> None:
    bootstrap = place.bootstrap()
    count = history.sent_to(bootstrap, 10, 3)

    result = place.side("bare_kafka", bootstrap, HANDOVER_EVENTS, count)

    assert (count, result["count"]) == (30, 30)
    assert rate(result) > 0


def test_the_history_is_readable_and_contiguous_per_client() -> None:
    facts = [published().from_kafka(*record) for record in history.records(clients=3, facts_a_client=4)]

    versions = {ref: [fact.version for fact in facts if fact.key == ref] for ref in map(history.client_ref, range(3))}
    assert list(versions.values()) == [[1, 2, 3, 4]] * 3
    assert [fact.position for fact in facts] == list(range(1, 13))


def test_a_side_that_fails_says_so_with_the_end_of_what_it_said(place: Place) -> None:
    with pytest.raises(SideFailed, match="not enough values to unpack"):
        place.side("bare_kafka")


@pytest.mark.timeout(60)
def test_a_month_is_measured_beside_one_without_a_past_and_pays_everybody(place: Place) -> None:
    [figure] = month.figures(place, clients=20)

    assert figure.value is not None
    assert figure.ratio == figure.value / (figure.peer_value or 0)


@pytest.mark.timeout(60)
def test_clients_of_a_month_have_their_own_names_accounts_and_past(tmp_path: Path) -> None:
    log, vault = SqliteLog("benefits", tmp_path / "log.sqlite", published()), Vault(MemoryKeys())
    Population(log, vault, KEYED, norms.installed()).settle(20, date(2024, 4, 1))
    clients = [page.client for page in ClientBook(log).pages()]
    rights = {envelope.stream for envelope in log.scan("benefits/right/")}

    assert len({(client.client, client.household_ref, client.account) for client in clients}) == 20
    assert {client.own.carried.months for client in clients} == {frozenset({"2024-01", "2024-02"})}
    assert all(
        client.account and KEYED.of(vault.open(log, client.account.account_ref)["iban"]) == client.account.fingerprint for client in clients
    )
    assert len(rights) == 20 * 3 + 2 * 3
    log.close()


def test_a_life_that_does_not_go_as_it_should_is_not_measured(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Life, "_reports", lambda _life, _month: None)

    with pytest.raises(RuntimeError, match="DecideEntitlement was refused"):
        month.figures(place, clients=10)


def test_what_takes_long_is_measured_only_where_it_is_asked_for() -> None:
    assert set(command.Name) - set(command.USUAL) == {command.Name.MONTH_45000}


def test_memory_is_counted_with_everything_that_a_process_started() -> None:
    with Peak(lambda: [os.getpid()]) as peak:
        alone = pss_bytes([os.getpid()])

    assert alone > 1_000_000
    assert peak.bytes > 1_000_000


def test_memory_of_a_process_that_has_gone_is_nothing() -> None:
    assert pss_bytes([2**22 + 1]) == 0


def test_a_chain_takes_free_ports_and_rehearses_its_day(tmp_path: Path) -> None:
    settings = Settings.read(environment_of(tmp_path, date(2024, 3, 5), date(2024, 3, 15)))

    ports = [getattr(settings, name) for name in Settings.model_fields if name.endswith("_port")]
    assert len(set(ports)) == len(ports)
    assert (settings.clock_offset_days, settings.data) == (-10, tmp_path)


def test_a_chain_takes_no_setting_of_the_caller(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BACKBONE_CLICKHOUSE", "https://clickhouse.example.org")

    assert Settings.read(environment_of(tmp_path, date(2024, 3, 5), date(2024, 3, 5))).clickhouse == ""


def test_the_lock_of_the_peers_has_a_hash_for_every_package_and_no_address() -> None:
    lock = LOCK.read_text(encoding="utf-8")

    packages = [line for line in lock.splitlines() if "==" in line]
    assert all(line.endswith("\\") for line in packages)
    assert {"eventsourcing==9.5.6 \\", "quixstreams==3.28.1 \\"} <= set(packages)
    assert "://" not in lock


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> typer.Typer:
    monkeypatch.setenv("BACKBONE_DATA", str(tmp_path))
    app = typer.Typer(pretty_exceptions_enable=False)
    command.register(app)
    return app


def test_chosen_figures_are_told_as_json(bench: typer.Typer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        handle, "figures", lambda _place: [Figure("handle", 20.0, "commands/s", Target("ratio", "at least", 8), "peer", 2.0)]
    )

    ended = CliRunner().invoke(bench, ["handle", "--json"])

    told = orjson.loads(ended.stdout)
    assert (ended.exit_code, [(row["what"], row["ratio"], row["met"]) for row in told]) == (0, [("handle", 10.0, True)])


def test_a_figure_that_fails_leaves_the_others_and_an_exit_code(bench: typer.Typer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handle, "figures", lambda _place: [Figure("handle", 20.0, "commands/s")])
    monkeypatch.setattr(relay, "figures", lambda _place: 1 // 0)

    ended = CliRunner().invoke(bench, ["relay", "handle", "--json"])

    assert [(row["what"], row["value"]) for row in orjson.loads(ended.stdout)] == [("relay", None), ("handle", 20.0)]
    assert ended.exit_code == 1
    assert "ZeroDivisionError" in ended.stderr


def test_an_unknown_figure_is_refused_with_the_known_ones(bench: typer.Typer) -> None:
    ended = CliRunner().invoke(bench, ["speed"])

    assert ended.exit_code == 2
    assert "allowance" in ended.stderr
