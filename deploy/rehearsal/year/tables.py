"""The tables at the end of a year: each month in one line, who was paid when, why not, and what four sources say."""

from collections import Counter
from collections.abc import Sequence

from rich.table import Table

from deploy.region.municipalities import MUNICIPALITIES
from deploy.rehearsal.summary import STANDINGS, euros
from deploy.rehearsal.year.figures import SOURCES, MonthTotals


def months(totals: Sequence[MonthTotals]) -> Table:
    """One line per month; amounts in euros, what was paid again counted once more where it failed and where it was paid."""
    money = (f"{name} EUR" for name in STANDINGS)
    table = Table(
        "month", "runs", "clients due", "entitled", "with a reason", "rights", "ordered EUR", *money, "on time %", title="The year"
    )
    for each in totals:
        figures, without = each.by_source[SOURCES[0]], sum(each.reasons.values())
        told = f"{len(each.runs.deciding)} + {len(each.runs.again)} again, {len(each.runs.aborted)} aborted"
        sums = (euros(each.ordered[1]), *(euros(figures[name][1]) for name in STANDINGS))
        table.add_row(
            each.runs.name, told, f"{each.due:,}", f"{each.due - without:,}", f"{without:,}", f"{each.ordered[0]:,}", *sums, _percent(each)
        )
    return table


def _percent(each: MonthTotals) -> str:
    return f"{100 * each.promised('on_time') / each.promised('promised'):.1f}" if each.promised("promised") else ""


def punctuality(totals: Sequence[MonthTotals]) -> Table:
    """Promises kept, of promises, by municipality."""
    table = Table("month", *(each.name for each in MUNICIPALITIES), title="On time, of promised, by municipality")
    for each in totals:
        rows = {row["municipality"]: row for row in each.promises}
        cells = (rows.get(municipality.code) for municipality in MUNICIPALITIES)
        table.add_row(each.runs.name, *("" if row is None else f"{row['on_time']:,} of {row['promised']:,}" for row in cells))
    return table


def reasons(totals: Sequence[MonthTotals]) -> Table:
    """Why somebody who was due got nothing, over all months."""
    table = Table("why nothing was paid", "client months", title="Reasons")
    counted: Counter[str] = Counter()
    for each in totals:
        counted.update(each.reasons)
    for reason, number in counted.most_common():
        table.add_row(reason, f"{number:,}")
    return table


def sources(totals: Sequence[MonthTotals]) -> Table:
    """What became of the money of each month, by source; a month in which they differ is marked."""
    table = Table("month", "source", *(f"{name} {unit}" for name in STANDINGS for unit in ("n", "EUR")), title="What four sources say")
    for each in totals:
        for source, figures in each.by_source.items():
            cells = (text for name in STANDINGS for text in (f"{figures[name][0]:,}", euros(figures[name][1])))
            table.add_row(each.runs.name if each.agree else f"{each.runs.name} DIFFERS", source, *cells)
    return table
