"""The page on which a client reads what the house knows: plain HTML that prints, in Dutch, without scripts."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from typing import Any

from services.client_words import Words

STYLE = """
body { font: 11pt/1.5 Georgia, serif; max-width: 50rem; margin: 2rem auto; padding: 0 1rem; color: #111; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.2rem; margin-top: 2.2rem; border-bottom: 1px solid #999; } h3 { font-size: 1rem; }
table { border-collapse: collapse; width: 100%; } td, th { text-align: left; vertical-align: top; padding: .25rem .6rem .25rem 0; }
tr { border-bottom: 1px solid #ddd; break-inside: avoid; } th { font-weight: bold; } td:first-child { white-space: nowrap; }
pre { white-space: pre-wrap; font: inherit; margin: 0; } .small { font-size: .9rem; color: #444; }
@media print { body { margin: 0; max-width: none; } h2 { break-after: avoid; } }
"""
PERSON = (("name", "Naam"), ("bsn", "Burgerservicenummer"), ("birth_date", "Geboortedatum"))
NOTES = ("note", "text")

Told = Mapping[str, Any]
"""An export of one service, as JSON."""


def page(export: Mapping[str, Any], words: Words) -> str:
    """The whole page from the gathered exports."""
    services: Sequence[Told] = export["services"]
    values = [value for told in services for value in told.get("values", {}).values()]
    parts = (
        *_opening(export, words),
        *_person(values, words),
        *_accounts(values),
        *_facts(services, words),
        *_notes(values),
        *_lookups(services, words),
        *_left_out(services, words),
        *_rights(),
    )
    head = f'<meta charset="utf-8"><title>Uw gegevens</title><style>{STYLE}</style>'
    return f'<!doctype html>\n<html lang="nl"><head>{head}</head><body>\n' + "\n".join(parts) + "\n</body></html>\n"


def _opening(export: Mapping[str, Any], words: Words) -> Iterator[str]:
    yield "<h1>Uw gegevens</h1>"
    yield (
        f"<p>Dit is alles wat wij op {_text(words.value('at', export['gathered_at']))} van u weten,"
        f" onder uw kenmerk {_text(export['client'])}."
        " U leest hieronder wat is vastgelegd, wat over u is opgeschreven, en wie uw gegevens heeft bekeken en waarom.</p>"
    )
    silent = [words.of("service", told["service"]) for told in export["services"] if told.get("nothing")]
    if silent:
        yield f"<p class=small>Niets bekend bij: {_text(', '.join(silent))}.</p>"


def _person(values: Sequence[Mapping[str, Any]], words: Words) -> Iterator[str]:
    yield "<h2>Wie u bent</h2>"
    for value in values:
        if "birth_date" in value:
            rows = [(label, words.value(key, value[key])) for key, label in PERSON if key in value]
            yield _table((), [*rows, ("Adres", _address(value.get("address") or {}))])


def _address(address: Mapping[str, Any]) -> str:
    street = " ".join(str(address[key]) for key in ("street", "number") if address.get(key))
    town = " ".join(str(address[key]) for key in ("postcode", "town") if address.get(key))
    return ", ".join(filter(None, (street, town))) or "niet bekend"


def _accounts(values: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    accounts = [(value["iban"], value["holder_name"]) for value in values if "iban" in value]
    if accounts:
        yield "<h2>Uw rekeningen</h2>" + _table(("Nummer", "Op naam van"), accounts)


def _facts(services: Sequence[Told], words: Words) -> Iterator[str]:
    yield "<h2>Wat is vastgelegd</h2>"
    for told in services:
        if told.get("facts"):
            yield f"<h3>{_text(words.of('service', told['service']))}</h3>"
            yield _table(("Wanneer", "Wat", "Bijzonderheden"), [_fact(fact, words) for fact in told["facts"]])


def _fact(fact: Mapping[str, Any], words: Words) -> tuple[str, str, str]:
    return words.value("at", fact["recorded_at"]), words.of("what", fact["what"]), "; ".join(_particulars(fact["data"], words))


def _particulars(data: Mapping[str, Any], words: Words) -> Iterator[str]:
    """Fields that have a name in Dutch, also those one level down; the JSON beside the page has all of them."""
    for name, value in data.items():
        label = words.field(name)
        if isinstance(value, dict):
            yield from _particulars(value, words)
        elif label is not None and value not in (None, [], ""):
            yield f"{label}: {words.value(name, value)}"


def _notes(values: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    notes = [str(value[key]) for value in values for key in NOTES if value.get(key)]
    yield "<h2>Wat over u is opgeschreven</h2>"
    yield "<p class=small>Aantekeningen, motiveringen en brieven, zoals medewerkers ze schreven.</p>"
    yield _table((), [(str(number), note) for number, note in enumerate(notes, 1)]) if notes else "<p>Niets.</p>"


def _lookups(services: Sequence[Told], words: Words) -> Iterator[str]:
    yield "<h2>Wie uw gegevens heeft bekeken, en waarom</h2>"
    told_by = ((told["service"], read) for told in services for read in told.get("readings", ()))
    rows = sorted(told_by, key=lambda row: str(row[1]["at"]))
    shown = [
        (
            words.value("at", read["at"]),
            words.of("service", service),
            words.of("activity", read["activity"].rpartition(":")[2]) + _in_emergency(read),
            words.of("status", read["result"]),
            read["reader"].replace("reader", "medewerker"),
        )
        for service, read in rows
    ]
    yield _table(("Wanneer", "Dienst", "Waarvoor", "Uitkomst", "Door"), shown) if shown else "<p>Niemand.</p>"


def _in_emergency(read: Told) -> str:
    """By which opening somebody read who had no right to."""
    return f", in nood (noodtoegang nummer {read['break_glass']})" if "break_glass" in read else ""


def _left_out(services: Sequence[Told], words: Words) -> Iterator[str]:
    why = sorted({each for told in services for each in told.get("left_out", ())})
    yield "<h2>Wat hier niet staat, en waarom</h2>"
    yield (
        "<ul>" + "".join(f"<li>{_text(words.of('left_out', each))}</li>" for each in why) + "</ul>"
        if why
        else "<p>Niets is weggelaten.</p>"
    )


def _rights() -> Iterator[str]:
    yield "<h2>Wat u kunt doen</h2>"
    yield (
        "<p>Klopt iets niet, dan kunt u vragen het te verbeteren, aan te vullen of te wissen (art. 16 en 17 AVG),"
        " of bezwaar maken tegen het gebruik (art. 21 AVG)."
        " Bent u het met ons niet eens, dan kunt u een klacht indienen bij de Autoriteit Persoonsgegevens.</p>"
    )


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    titles = "<tr>" + "".join(f"<th>{_text(title)}</th>" for title in head) + "</tr>" if head else ""
    body = "".join("<tr>" + "".join(f"<td><pre>{_text(cell)}</pre></td>" for cell in row) + "</tr>" for row in rows)
    return f"<table>{titles}{body}</table>"


def _text(text: object) -> str:
    return escape(str(text))
