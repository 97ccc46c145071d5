"""ClickHouse's error codes as HTTP statuses, the way its own server gives them."""

from typing import Final

# Source: ClickHouse, src/Server/HTTP/exceptionCodeToHTTPStatus.cpp; the numbers as the engine's errorCodeToName gives them.
_STATUSES: Final = {
    400: (6, 8, 15, 25, 26, 27, 36, 37, 38, 41, 44, 53, 62, 72, 117, 123, 167, 168, 223, 321, 376, 427, 441, 675, 676),
    401: (194,),
    403: (192, 193, 497, 512, 516),
    404: (46, 47, 50, 56, 60, 63, 73, 78, 81, 115, 152, 336, 511),
    408: (159,),
    411: (381,),
    413: (229,),
    415: (779,),
    501: (48,),
    503: (76, 209, 439),
}
_BY_CODE: Final = {code: status for status, codes in _STATUSES.items() for code in codes}
_ERROR: Final = 500


def status_of(code: int) -> int:
    """HTTP status of a ClickHouse error code; 500 where ClickHouse names none."""
    return _BY_CODE.get(code, _ERROR)
