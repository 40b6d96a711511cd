"""A small asyncio client for load: raw sockets, keep-alive and new connections side by side."""

import asyncio
import json
from dataclasses import dataclass, field


@dataclass
class Seen:
    """What came back: (status, version, prediction) per request, in order of arrival."""

    answers: list[tuple[int, int, float]] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)


def wire(body: bytes, *, close: bool) -> bytes:
    connection = b"close" if close else b"keep-alive"
    head = b"POST /v1/endpoints/demo.risk/predict HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    return head + b"Connection: %b\r\nContent-Length: %d\r\n\r\n" % (connection, len(body)) + body


async def exchange(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, data: bytes) -> tuple[int, bytes]:
    writer.write(data)
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
    return int(head.split(b" ", 2)[1]), await reader.readexactly(length)


async def client(port: int, body: bytes, *, close: bool, pause: float, stop: asyncio.Event, seen: Seen) -> None:
    reader = writer = None
    data = wire(body, close=close)
    while not stop.is_set():
        try:
            if writer is None:
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
            status, answer = await exchange(reader, writer, data)
            document = json.loads(answer)
            seen.answers.append((status, document.get("version", 0), document.get("predictions", [0.0])[0]))
            if close:
                writer.close()
                writer = None
        except (OSError, asyncio.IncompleteReadError) as error:
            seen.broken.append(repr(error))
            writer = None
        await asyncio.sleep(pause)
    if writer is not None:
        writer.close()


async def under_load(port: int, body: bytes, steps, *, rate: float = 200.0, clients: int = 8) -> Seen:
    """Send ``rate`` requests a second, half on new connections, while ``steps`` runs in a thread."""
    seen, stop = Seen(), asyncio.Event()
    pause = clients / rate
    running = [
        asyncio.create_task(client(port, body, close=bool(number % 2), pause=pause, stop=stop, seen=seen))
        for number in range(clients)
    ]
    await asyncio.to_thread(steps)
    stop.set()
    await asyncio.gather(*running)
    return seen
