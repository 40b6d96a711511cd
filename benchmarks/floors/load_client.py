"""The load generator: raw sockets on uvloop, keep-alive, one request under way per connection.

``load_client.py <port> <path> <body file> <connections> <seconds>`` prints one JSON object: requests per second
and the latency percentiles in milliseconds, after half a second of warm-up.
"""

import asyncio
import json
import sys
import time
from pathlib import Path

import uvloop


class Client(asyncio.Protocol):
    def __init__(self, data: bytes, until: float, since: float) -> None:
        self.data, self.until, self.since = data, until, since
        self.times: list[float] = []
        self.wrong = self.missing = 0
        self.done = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.Transport) -> None:
        self.transport = transport
        self.send()

    def send(self) -> None:
        self.started = time.perf_counter()
        self.transport.write(self.data)

    def data_received(self, data: bytes) -> None:
        if self.missing:
            self.missing -= len(data)
        else:
            head = data.index(b"\r\n\r\n")
            at = data.index(b"ontent-") if b"ontent-Length: " not in data else data.index(b"ontent-Length: ")
            length = int(data[at:head].split(b":", 1)[1].split(b"\r\n")[0])
            self.wrong += not data.startswith(b"HTTP/1.1 200")
            self.missing = length - (len(data) - head - 4)
        if self.missing:
            return
        now = time.perf_counter()
        if now >= self.since:
            self.times.append(now - self.started)
        if now < self.until:
            self.send()
        elif not self.done.done():
            self.done.set_result(None)


async def main() -> None:
    port, path, file, connections, seconds = sys.argv[1:]
    body = Path(file).read_bytes()  # noqa: ASYNC240 - once, before anything is timed
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
    data = head.encode() + b"\r\n\r\n" + body
    since = time.perf_counter() + 0.5
    until = since + float(seconds)
    loop = asyncio.get_running_loop()
    clients = [
        (await loop.create_connection(lambda: Client(data, until, since), "127.0.0.1", int(port)))[1]
        for _ in range(int(connections))
    ]
    await asyncio.wait_for(asyncio.gather(*(client.done for client in clients)), float(seconds) + 30)
    times = sorted(spent for client in clients for spent in client.times)
    print(
        json.dumps(
            {
                "rps": len(times) / float(seconds),
                "p50_ms": times[len(times) // 2] * 1000,
                "p99_ms": times[int(len(times) * 0.99)] * 1000,
                "wrong": sum(client.wrong for client in clients),
            }
        )
    )


if __name__ == "__main__":
    uvloop.run(main())
