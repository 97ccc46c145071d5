"""How a share of money becomes whole cents: exact fractions until the end, then half a cent goes up."""

from fractions import Fraction


def half_up(cents: Fraction) -> int:
    """Whole cents of an amount that is not negative, half a cent up.

    So are the published norms: 95 % of each amount with holiday allowance gives the published amount without it, and
    the cost sharers' amounts follow from the couple norm (domain.md 3.5).
    """
    return (2 * cents.numerator + cents.denominator) // (2 * cents.denominator)


def share(cents: int, percent: Fraction) -> int:
    """So many percent of an amount in whole cents, half up."""
    return half_up(cents * percent / 100)


def share_up(cents: int, percent: Fraction) -> int:
    """So many percent of an amount, any part of a cent up: for what must not be a cent less."""
    return -(-cents * percent.numerator // (percent.denominator * 100))
