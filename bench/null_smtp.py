"""A mail server that takes every mail and keeps none: `python -m bench.null_smtp PORT-FD`.

As little as SMTP allows, so that what a sender's rate shows is the sender.
"""

import asyncio
import socket
import sys

ANSWERS = {
    b"EHLO": b"250-null\r\n250 8BITMIME\r\n",
    b"DATA": b"354 go on\r\n",
    b"QUIT": b"221 bye\r\n",
}


class NullServer(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport, self.waiting, self.in_mail = transport, b"", False
        transport.write(b"220 null\r\n")

    def data_received(self, data):
        self.waiting += data
        while self.waiting:
            end = b"\r\n.\r\n" if self.in_mail else b"\r\n"
            line, found, rest = self.waiting.partition(end)
            if not found:
                return
            self.waiting = rest
            command = line[:4].upper()
            self.transport.write(
                b"250 OK\r\n" if self.in_mail else ANSWERS.get(command, b"250 OK\r\n")
            )
            self.in_mail = not self.in_mail and command == b"DATA"
            if command == b"QUIT" and not self.in_mail:
                self.transport.close()


async def serve(listening: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(NullServer, sock=listening)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(socket.socket(fileno=int(sys.argv[1]))))
