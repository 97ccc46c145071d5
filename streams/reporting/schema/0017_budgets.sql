-- Budgets of allowances and of months: what each municipality set aside, what runs took of it, and what is left.
CREATE OR REPLACE VIEW budgets_per_municipality
(
    scheme LowCardinality(String) COMMENT 'energy-allowance or monthly-benefit',
    municipality LowCardinality(String) COMMENT 'Municipality',
    scheme_year UInt16 COMMENT 'Scheme year; of the monthly benefit the year of the month that was run',
    budget_cents Nullable(Int64) COMMENT 'Euro cents as a manager last set them; NULL where nobody did: then the rule file may hold a limit',
    runs UInt64 COMMENT 'Runs that took of the budget',
    reserved_cents Int64 COMMENT 'Euro cents taken by last signatures',
    released_cents Int64 COMMENT 'Euro cents given back: by runs that ended, and of what came back and is paid again by another run',
    taken_cents Int64 COMMENT 'reserved - released: paid, or still to be paid',
    left_cents Nullable(Int64) COMMENT 'budget - taken; NULL where no budget was set',
    benefits_position UInt64 COMMENT 'Last position of benefits that the figures rest on'
)
AS SELECT
    JSONExtractString(data, 'scheme') AS scheme, municipality, scheme_year,
    if(countIf(fact = 'budget-set') = 0, NULL, argMaxIf(ifNull(amount_cents, 0), position, fact = 'budget-set')) AS budget_cents,
    uniqExactIf(run_ref, fact = 'budget-reserved') AS runs,
    sumIf(ifNull(amount_cents, 0), fact = 'budget-reserved') AS reserved_cents,
    sumIf(ifNull(amount_cents, 0), fact = 'budget-released') AS released_cents,
    reserved_cents - released_cents AS taken_cents,
    budget_cents - taken_cents AS left_cents,
    max(position) AS benefits_position
FROM facts
WHERE fact IN ('budget-set', 'budget-reserved', 'budget-released')
GROUP BY scheme, municipality, scheme_year
COMMENT 'What each municipality set aside in a year, what runs took of it, and what is left';

CREATE OR REPLACE VIEW spending_per_municipality_year
(
    scheme LowCardinality(String) COMMENT 'energy-allowance or monthly-benefit',
    municipality LowCardinality(String) COMMENT 'Municipality of the decision',
    scheme_year UInt16 COMMENT 'Scheme year; of the monthly benefit the year of the months',
    taken_cents Nullable(Int64) COMMENT 'Taken of the budget of that year by last signatures and not given back; NULL where nothing was ever taken or set',
    granted_cents Int64 COMMENT 'Euro cents granted and not revoked',
    paid_cents Int64 COMMENT 'Of those, paid and not returned',
    open_cents Int64 COMMENT 'Of those, not paid yet',
    benefits_position UInt64 COMMENT 'Last position of benefits that the figures rest on'
)
AS SELECT
    p.scheme AS scheme, p.municipality AS municipality, p.scheme_year AS scheme_year,
    if(any(b.benefits_position) = 0, NULL, any(b.taken_cents)) AS taken_cents,
    sumIf(p.amount_cents, p.state != 'revoked') AS granted_cents,
    sumIf(p.amount_cents, p.state = 'paid') AS paid_cents,
    granted_cents - paid_cents AS open_cents,
    greatest(max(p.benefits_position), any(b.benefits_position)) AS benefits_position
FROM promises AS p
LEFT JOIN budgets_per_municipality AS b ON b.scheme = p.scheme AND b.municipality = p.municipality AND b.scheme_year = p.scheme_year
GROUP BY scheme, municipality, scheme_year
COMMENT 'What each municipality granted and paid in a year, beside what was taken of its budget';
