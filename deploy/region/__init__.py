"""The world outside the product: households of six municipalities that do not exist, for `./deploy/run` and tests."""

from deploy.region.norms import INCOME_LIMIT_PERCENT, NORM_CENTS_2023_07_01
from deploy.region.region import REFERENCE_DATE, Region, generate

__all__ = ["INCOME_LIMIT_PERCENT", "NORM_CENTS_2023_07_01", "REFERENCE_DATE", "Region", "generate"]
