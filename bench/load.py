"""Asks a page again and again over some connections: by wrk where it is installed, else by this.

Server and load share the machine, so the figures compare with each other, not with other machines.
"""

import asyncio
import json
import re
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from statistics import quantiles
from urllib.parse import urlsplit

TELL = """done = function(summary, latency, requests)
  local wrong = summary.errors
  io.write(string.format("RESULT %d %d %d %d\\n", summary.requests, summary.duration,
    latency:percentile(95), wrong.status + wrong.connect + wrong.read + wrong.timeout)) end
"""


@dataclass(frozen=True)
class Lap:
    """Requests a second, the milliseconds that 95 in 100 stay below, and how many went wrong.

    Also the seconds that a server works on one of them, where somebody has looked (bench/page.py).
    """

    per_second: float
    p95: float
    wrong: int
    work: float = 0.0


def lap(url: str, cookie: str, *, connections: int, seconds: int) -> Lap:
    if shutil.which("wrk"):
        return by_wrk(url, cookie, connections, seconds)
    # In a process of its own, as wrk is.
    arguments = [url, cookie, str(connections), str(seconds)]
    done = subprocess.run(
        [sys.executable, "-m", "bench.load", *arguments], stdout=subprocess.PIPE, check=True
    )
    return Lap(**json.loads(done.stdout))


def by_wrk(url, cookie, connections, seconds) -> Lap:
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(TELL)
        script.flush()
        command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-H", f"Cookie: {cookie}"]
        done = subprocess.run(
            [*command, "-s", script.name, url], stdout=subprocess.PIPE, text=True, check=True
        )
    [(count, took, p95, wrong)] = re.findall(r"RESULT (\d+) (\d+) (\d+) (\d+)", done.stdout)
    return Lap(int(count) / int(took) * 1e6, int(p95) / 1000, int(wrong))


async def by_hand(url, cookie, connections, seconds) -> dict:
    address = urlsplit(url)
    request = (
        f"GET {address.path or '/'} HTTP/1.1\r\nHost: {address.netloc}\r\nCookie: {cookie}\r\n\r\n"
    ).encode()
    until, took, wrong = time.perf_counter() + seconds, [], 0

    async def visitor():
        nonlocal wrong
        writer = None
        while (start := time.perf_counter()) < until:
            if writer is None:
                reader, writer = await asyncio.open_connection(address.hostname, address.port)
            writer.write(request)
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            await reader.readexactly(int(re.search(rb"content-length: (\d+)", head)[1]))
            wrong += b" 200 " not in head.splitlines()[0] + b" "
            if b"connection: close" in head:
                writer = await closed(writer)
            took.append((time.perf_counter() - start) * 1000)
        await closed(writer)

    async def closed(writer):
        if writer:
            writer.close()
            await writer.wait_closed()

    await asyncio.gather(*(visitor() for _ in range(connections)))
    return {"per_second": len(took) / seconds, "p95": quantiles(took, n=20)[-1], "wrong": wrong}


if __name__ == "__main__":
    url, cookie, connections, seconds = sys.argv[1:]
    print(json.dumps(asyncio.run(by_hand(url, cookie, int(connections), int(seconds)))))
