"""Lines of a file, however long or broken, in bounded memory."""

from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from portal.exchange.lines.formats import LONGEST_LINE

BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class Raw(NamedTuple):
    """A line as it stands: `content` is None where it is longer than the limit."""

    number: int
    content: bytes | None
    size: int


def read_lines(file: BinaryIO) -> Iterator[Raw]:
    """Yield the lines that are not blank, numbered from 1 with the blank ones counted.

    Line ends may be LF or CRLF; a byte order mark before the first line is dropped. `size` is in
    bytes, the line end included. Raises OSError if the file cannot be read to its end.
    """
    limit = LONGEST_LINE + len(BYTE_ORDER_MARK) + len(b"\r\n")
    number = 0
    while content := file.readline(limit + 1):
        number += 1
        size = len(content)
        if size > limit and not content.endswith(b"\n"):
            while rest := file.readline(LONGEST_LINE):
                size += len(rest)
                if rest.endswith(b"\n"):
                    break
            yield Raw(number, None, size)
            continue
        if number == 1:
            content = content.removeprefix(BYTE_ORDER_MARK)
        content = content.rstrip(b"\r\n")
        if len(content) > LONGEST_LINE:
            yield Raw(number, None, size)
        elif content.strip():
            yield Raw(number, content, size)
