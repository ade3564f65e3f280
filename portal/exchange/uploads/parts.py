"""An upload's content in the database: packed parts of about a megabyte, and a file made of them.

Each part is a statement of its own: no transaction stays open while a slow sender sends.
"""

import gzip
import io
from hashlib import sha256

from portal.exchange.lines.formats import LONGEST_LINE, Refused, decode
from portal.exchange.models import Upload, UploadPart

SIZE = 1024 * 1024  # bytes of a part, before it is packed


class Parts:
    """Takes content as it comes, keeps it as parts, and knows at the end what it was."""

    def __init__(self, upload: Upload):
        self.upload = upload
        self.number, self.size, self.lines = 0, 0, 0
        self.waiting, self.tail = bytearray(), b""
        self._digest = sha256()

    @property
    def digest(self) -> str:
        return self._digest.hexdigest()

    def add(self, data: bytes) -> None:
        """Take a piece; a part is written when there is enough for one."""
        self.size += len(data)
        self.lines += data.count(b"\n")
        self._digest.update(data)
        end = data.rfind(b"\n") + 1
        self.tail = (data[end:] if end else self.tail + data)[: LONGEST_LINE + 1]
        self.waiting += data
        while len(self.waiting) >= SIZE:
            self._write(bytes(self.waiting[:SIZE]))
            del self.waiting[:SIZE]

    def finish(self) -> None:
        """Write what is left."""
        if self.waiting:
            self._write(bytes(self.waiting))
            self.waiting.clear()
        self.lines += bool(self.tail)

    def ends_in_a_line(self) -> bool:
        """Tell whether the content ends in the midst of a line, as one that was cut off would."""
        if not self.tail.strip() or len(self.tail) > LONGEST_LINE:
            return False
        try:
            decode(self.tail)
        except (Refused, RecursionError):
            return True
        return False

    def _write(self, content: bytes) -> None:
        packed = gzip.compress(content, compresslevel=1, mtime=0)
        UploadPart.objects.create(upload=self.upload, number=self.number, content=packed)
        self.number += 1


class PartsFile(io.RawIOBase):
    """An upload's content to be read: one part in memory at a time."""

    def __init__(self, upload: Upload):
        self.parts = UploadPart.objects.filter(upload=upload)
        self.number, self.content = 0, memoryview(b"")

    def readable(self):
        return True

    def readinto(self, buffer) -> int:
        if not self.content and not self._next():
            return 0
        taken = self.content[: len(buffer)]
        buffer[: len(taken)] = taken
        self.content = self.content[len(taken) :]
        return len(taken)

    def _next(self) -> bool:
        packed = self.parts.filter(number=self.number).values_list("content", flat=True).first()
        if packed is None:
            return False
        self.number += 1
        self.content = memoryview(gzip.decompress(packed))
        return True


def content_of(upload: Upload) -> io.BufferedReader:
    """Return an upload's content as a file. Not to be read while a COPY runs."""
    return io.BufferedReader(PartsFile(upload), buffer_size=SIZE)
