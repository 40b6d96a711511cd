"""HTTP by hand: order, limits, slow clients, and rubbish."""

import json
import random
import socket

import pytest

from bottega_serving.testing import full_record

BODY = json.dumps({"records": [full_record(0)]}).encode()
PATH = b"/v1/endpoints/demo.risk/predict"


def request(body=BODY, *, method=b"POST", path=PATH, host=b"127.0.0.1", extra=b"", close=True):
    connection = b"Connection: close\r\n" if close else b""
    head = b"%b %b HTTP/1.1\r\nHost: %b\r\nContent-Type: application/json\r\nContent-Length: %d\r\n%b%b\r\n"
    return head % (method, path, host, len(body), connection, extra) + body


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


def test_pipelined_requests_are_answered_in_order(node):
    bodies = [json.dumps({"records": [full_record(seed)]}).encode() for seed in range(60)]
    wire = b"".join(
        request(body, close=number == 59, extra=b"X-Request-ID: r%d\r\n" % number) for number, body in enumerate(bodies)
    )
    answers = node.raw(wire)
    ids = [json.loads(part.split(b"\r\n\r\n", 1)[1])["request_id"] for part in answers.split(b"HTTP/1.1 200 OK")[1:]]
    assert ids == [f"r{number}" for number in range(60)]


def test_a_body_in_chunks_and_in_single_bytes_is_read(node):
    chunks = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in (BODY[:7], BODY[7:9], BODY[9:])) + b"0\r\n\r\n"
    head = b"POST %b HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n" % PATH
    assert status(node.raw(head + chunks)) == 200
    with socket.create_connection(("127.0.0.1", node.settings.port), timeout=5) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in request():
            connection.sendall(bytes([byte]))
        assert status(connection.recv(65536)) == 200


REFUSED = [
    (request(host=b"evil.example"), 400, b"host_not_allowed"),
    (request(extra=b"Host: localhost\r\n"), 400, b"host_not_allowed"),
    (b"POST %b HTTP/1.1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n" % PATH, 400, b"host_not_allowed"),
    (request(path=b"/v1/endpoints/demo.other/predict"), 404, b"endpoint_not_found"),
    (request(path=b"/v1/endpoints/../../etc/passwd"), 404, b"not_found"),
    (request(path=b"/" + b"a" * 3000), 414, b"url_too_long"),
    (request(method=b"DELETE"), 405, b"method_not_allowed"),
    (request(method=b"PATCH", path=b"/metrics"), 405, b"method_not_allowed"),
    (request(extra=b"X-A: b\r\n" * 100), 431, b"too_many_headers"),
    (request(extra=b"X-A: " + b"b" * 20_000 + b"\r\n"), 431, b"headers_too_large"),
    (request(extra=b"Transfer-Encoding: chunked\r\n"), 400, b"malformed_http"),
    (request(extra=b"Content-Length: 3\r\n"), 400, b"malformed_http"),
    (request().replace(b"application/json", b"text/csv"), 415, b"media_type_not_supported"),
    (b"POST %b HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999\r\n\r\n" % PATH, 413, b"body_too_large"),
    (b"rubbish\r\n\r\n", 400, b"malformed_http"),
    (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400, b"malformed_http"),
]


def test_what_cannot_be_served_is_refused_with_a_problem(node):
    for wire, expected, code in REFUSED:
        answer = node.raw(wire)
        assert status(answer) == expected, (wire[:100], answer[:200])
        assert code in answer, (wire[:100], answer)
        assert b"application/problem+json" in answer
    assert status(node.raw(request())) == 200


def test_a_body_that_grows_over_the_limit_is_cut_off(make_node, bundles):
    node = make_node(BOTTEGA_SERVING_MAX_BODY="100000")
    node.serve(bundles[0])
    head = b"POST %b HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n" % PATH
    chunk = b"1000\r\n" + b" " * 4096 + b"\r\n"
    assert status(node.raw(head + chunk * 40)) == 413


def test_slow_and_idle_clients_are_sent_away_and_others_are_served(make_node, bundles):
    node = make_node(BOTTEGA_SERVING_READ_TIMEOUT="0.5", BOTTEGA_SERVING_IDLE_TIMEOUT="1")
    node.serve(bundles[0])
    with socket.create_connection(("127.0.0.1", node.settings.port), timeout=8) as slow:
        slow.sendall(request()[:50])
        with socket.create_connection(("127.0.0.1", node.settings.port), timeout=8) as idle:
            assert status(node.raw(request())) == 200
            assert status(slow.recv(65536)) == 408
            assert idle.recv(10) == b""


def test_a_client_that_never_reads_costs_only_itself(make_node, bundles):
    node = make_node(BOTTEGA_SERVING_READ_TIMEOUT="0.5")
    node.serve(bundles[0])
    with socket.create_connection(("127.0.0.1", node.settings.port), timeout=10) as greedy:
        greedy.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        greedy.settimeout(0.5)
        many = request(close=False) * 50
        with pytest.raises(OSError):
            for _ in range(4000):
                greedy.sendall(many)
        assert status(node.raw(request())) == 200


def test_an_offer_to_upgrade_is_ignored_and_the_connection_goes_on(node):
    offer = b"GET /v2/health/live HTTP/1.1\r\nHost: localhost\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n"
    answer = node.raw(offer + request())
    assert answer.count(b"HTTP/1.1 200 OK") == 2


def test_expect_continue_and_head_are_understood(node):
    answer = node.raw(request(extra=b"Expect: 100-continue\r\n"))
    assert answer.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK")
    head = node.raw(b"HEAD /v2/health/ready HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK")
    assert head.endswith(b"\r\n\r\n")


def test_mutated_requests_never_give_a_500_or_take_the_worker_down(node):
    chance = random.Random(7)
    worker = node.children()["bottega_serving.edge.worker"]
    seen = set()
    for _ in range(400):
        wire = bytearray(request())
        for _ in range(chance.randint(1, 6)):
            place = chance.randrange(len(wire))
            choice = chance.random()
            if choice < 0.5:
                wire[place] = chance.randrange(256)
            elif choice < 0.8:
                del wire[place : place + chance.randint(1, 20)]
            else:
                wire[place:place] = chance.randbytes(chance.randint(1, 20))
        with socket.create_connection(("127.0.0.1", node.settings.port), timeout=5) as connection:
            connection.sendall(bytes(wire))
            connection.shutdown(socket.SHUT_WR)
            answer = connection.recv(65536)
        if answer:
            seen.add(status(answer))
    assert 500 not in seen
    assert node.children()["bottega_serving.edge.worker"] == worker
    assert status(node.raw(request())) == 200
