"""ClickHouse's error codes as HTTP statuses, the way its own server gives them."""

from typing import Final

# Source: ClickHouse, src/Server/HTTP/exceptionCodeToHTTPStatus.cpp; the numbers are of src/Common/ErrorCodes.cpp.
_STATUSES: Final = {
    400: (6, 8, 10, 15, 25, 26, 27, 36, 38, 41, 44, 53, 61, 62, 69, 72, 117, 167, 168, 223, 321, 376, 427, 441, 675, 676),
    401: (194,),
    403: (192, 193, 497, 512, 516),
    404: (46, 47, 50, 54, 56, 60, 63, 73, 78, 81, 115, 336, 511),
    408: (159,),
    413: (494,),
    501: (48,),
    503: (74, 209, 439),
}
_BY_CODE: Final = {code: status for status, codes in _STATUSES.items() for code in codes}
_ERROR: Final = 500


def status_of(code: int) -> int:
    """HTTP status of a ClickHouse error code; 500 where ClickHouse names none."""
    return _BY_CODE.get(code, _ERROR)
