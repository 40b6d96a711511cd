"""The floor of a single-row prediction: uvloop + httptools + msgspec + the same LightGBM call, and nothing else.

``predict_floor.py <port> <model file> <width> [<host> <port> <password> <key>]``: with a store, each request
also reads that one key. It stays unchanged, so that its numbers can be compared over time.
"""

import asyncio
import ctypes
import gc
import importlib.util
import struct
import sys
from collections import deque
from pathlib import Path

import hiredis
import httptools
import msgspec
import uvloop


class Body(msgspec.Struct):
    row: list[float]


class Model:
    def __init__(self, path: str, width: int) -> None:
        folder = Path(importlib.util.find_spec("lightgbm").submodule_search_locations[0])
        library = ctypes.CDLL(str(next(folder.rglob("lib_lightgbm.*"))))
        booster, iterations, self.fast = ctypes.c_void_p(), ctypes.c_int(), ctypes.c_void_p()
        library.LGBM_BoosterCreateFromModelfile(path.encode(), ctypes.byref(iterations), ctypes.byref(booster))
        library.LGBM_BoosterPredictForMatSingleRowFastInit(
            booster, 0, 0, -1, 1, width, ctypes.c_char_p(b"num_threads=1"), ctypes.byref(self.fast)
        )
        self.buffer = (ctypes.c_double * width)()
        self.output, self.length = ctypes.c_double(), ctypes.c_int64()
        self.pack = struct.Struct(f"{width}d").pack_into
        self.call = library.LGBM_BoosterPredictForMatSingleRowFast
        address = ctypes.cast(self.buffer, ctypes.c_void_p)
        self.arguments = (self.fast, address, ctypes.byref(self.length), ctypes.byref(self.output))

    def predict(self, row: list[float]) -> float:
        self.pack(self.buffer, 0, *row)
        self.call(*self.arguments)
        return self.output.value


class Store(asyncio.Protocol):
    def __init__(self, password: str, key: str) -> None:
        self.reader, self.waiting, self.out = hiredis.Reader(), deque(), []
        self.get = b"*2\r\n$3\r\nGET\r\n$%d\r\n%b\r\n" % (len(key), key.encode())
        self.password = password.encode()

    def connection_made(self, transport: asyncio.Transport) -> None:
        self.transport = transport
        self.waiting.append(lambda _: None)
        transport.write(b"*2\r\n$4\r\nAUTH\r\n$%d\r\n%b\r\n" % (len(self.password), self.password))

    def data_received(self, data: bytes) -> None:
        self.reader.feed(data)
        while (reply := self.reader.gets()) is not False:
            self.waiting.popleft()(reply)

    def fetch(self, callback) -> None:
        if not self.out:
            asyncio.get_running_loop().call_soon(self.flush)
        self.out.append(self.get)
        self.waiting.append(callback)

    def flush(self) -> None:
        data, self.out = b"".join(self.out), []
        self.transport.write(data)


class Server(asyncio.Protocol):
    model: Model
    store: Store | None = None
    decode = staticmethod(msgspec.json.Decoder(Body).decode)

    def connection_made(self, transport: asyncio.Transport) -> None:
        self.transport, self.parser = transport, httptools.HttpRequestParser(self)

    def data_received(self, data: bytes) -> None:
        self.parser.feed_data(data)

    def on_body(self, body: bytes) -> None:
        self.body = body

    def on_message_complete(self) -> None:
        row = self.decode(self.body).row
        if self.store is None:
            self.answer(row)
        else:
            self.store.fetch(lambda _: self.answer(row))

    def answer(self, row: list[float]) -> None:
        body = b'{"prediction":%.17g}' % self.model.predict(row)
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
        self.transport.write(head % len(body) + body)


async def main() -> None:
    port, path, width, *store = sys.argv[1:]
    loop = asyncio.get_running_loop()
    Server.model = Model(path, int(width))
    if store:
        host, store_port, password, key = store
        _, Server.store = await loop.create_connection(lambda: Store(password, key), host, int(store_port))
    server = await loop.create_server(Server, "127.0.0.1", int(port))
    gc.freeze()
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main())
