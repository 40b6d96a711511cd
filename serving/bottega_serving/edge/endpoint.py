"""One endpoint as an edge worker serves it: a route, its loaded model, and the way of a request through it."""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from functools import partial
from hashlib import sha256
from hmac import compare_digest
from typing import Any

import msgspec
import numpy as np
from msgspec import UNSET
from numpy.typing import NDArray

from bottega.bundle import Signature
from bottega.problems import Problem
from bottega.serving_contract import DesiredRoute
from bottega_feature_store.types import format_timestamp, parse_timestamp, to_micros
from bottega_serving.edge import faults
from bottega_serving.edge.answer import AnswerHead, problem_answer
from bottega_serving.edge.batch import Batch
from bottega_serving.edge.blocks import (
    LARGE_BODY,
    Rows,
    check_count,
    check_lengths,
    columns_of,
    of_body,
    of_large_body,
)
from bottega_serving.edge.call import BATCHES_WAITING, FAILURES, Call, Refused, Tools, now_ns
from bottega_serving.edge.http import PROBLEM, Request
from bottega_serving.edge.plan import PartialFeatures, Plan
from bottega_serving.edge.ring import Layout, LoggedView
from bottega_serving.edge.store import mget
from bottega_serving.edge.strings import repeats
from bottega_serving.metrics import Counter
from bottega_serving.models import LoadedModel

FAILED = "The server failed on this request; its log says why."
FEW_ROWS = 16  # up to so many, Python scalars are quicker than numpy columns
THREAD_ROWS = 200
log = logging.getLogger("bottega.serving")


class Endpoint:
    """A route bound to a loaded model. Never changed after it was made: a swap makes a new one."""

    def __init__(self, route: DesiredRoute, model: LoadedModel, plan: Plan, counter: Counter, tools: Tools) -> None:
        self.route = route
        self.model = model
        self.plan = plan
        self.counter = counter
        self._tools = tools
        self._head = AnswerHead(route.model, route.version, route.arm)
        self._keys = [digest.encode() for digest in route.key_hashes]
        self._as_of = None if route.as_of is None else parse_timestamp(route.as_of)
        self._predict_row = model.runtime.predict_row
        self._few = min(FEW_ROWS, tools.max_rows)
        self._names_asked = len(plan.base_names)
        self._names_given = len(plan.base_names) + len(plan.feature_names)
        self.layout = Layout(
            route.project_id, route.endpoint_id, route.deployment_id, route.model, route.version, route.arm,
            plan.base_names, plan.feature_names,
            [LoggedView(view.name, view.columns, view.ttl_us) for view in plan.views],
        )  # fmt: skip

    def admits(self, request: Request) -> bool:
        """Whether the request's API key opens this endpoint."""
        if self.route.auth == "none":
            return True
        token = request.authorization.removeprefix(b"Bearer ").strip()
        digest = sha256(token).hexdigest().encode()
        return any(compare_digest(digest, key) for key in self._keys)

    def predict(self, call: Call) -> None:
        """Decode, fetch what is missing, predict, answer."""
        body = call.request.body
        if len(body) > LARGE_BODY:
            self._begin(call, lambda: of_large_body(self.plan, body, self._tools.max_rows))
            return
        try:
            decoded = self.plan.decoder.decode(body)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            decoded = None
        if decoded is None or (decoded.records is UNSET) == (decoded.columns is UNSET):
            self.refuse(call, self._explained(body))
            return
        try:
            self._predict(call, decoded)
        except Refused as refused:
            self.refuse(call, refused.problem)
        except OverflowError:
            self.refuse(call, self._explained(body))

    def _predict(self, call: Call, body: Any) -> None:
        records, columnar = body.records, body.records is UNSET
        if columnar:
            columns = columns_of(body.columns)
            count = check_lengths(self.plan.decoder.fields, columns, self._tools.max_rows)
            records = _records(body.columns, count) if count <= FEW_ROWS else ()
        elif not 0 < (count := len(records)) <= self._few:
            check_count(count, self._tools.max_rows)
        if count > FEW_ROWS:
            self._begin(call, lambda: of_body(self.plan.decoder, body, self._tools.max_rows))
            return
        names = self._take(call, records, body.as_of, columnar=columnar)
        if repeats(call.request.body, names + (1 if body.as_of is UNSET else 2)):
            raise Refused(self._explained(call.request.body))
        call.decoded = call.fetched = now_ns()
        if call.given or not self.plan.views:
            self._compute(call)
        else:
            self._fetch(call)

    def refuse(self, call: Call, problem: Problem) -> None:
        """Answer with a problem and count it."""
        self.counter.error()
        extra = b"Retry-After: 1\r\n" if problem.status == 503 else b""
        call.client.answer(call.request, problem.status, problem_answer(problem, call.request_id), PROBLEM, extra)

    def fail(self, call: Call) -> None:
        """Answer a request on which the server failed; called where the failure was caught."""
        log.exception("a request failed")
        self.refuse(call, Problem("internal", "The request cannot be answered", 500, FAILED))

    def _explained(self, body: bytes) -> Problem:
        return faults.explain(body, self.plan, max_rows=self._tools.max_rows)

    # a few rows

    def default_as_of(self) -> int:
        """Return the moment (µs) that a request asks about when it names none: the project's clock, or now."""
        return self._as_of if self._as_of is not None else time.time_ns() // 1000

    def _take(self, call: Call, records: Sequence[Any], as_of: Any, *, columnar: bool) -> int:
        """Take the records apart; return how many names they hold."""
        plan, missing = self.plan, {}
        default = self.default_as_of() if as_of is UNSET else to_micros(as_of)
        for row, record in enumerate(records):
            base = plan.base(record)
            try:
                features = plan.given_features(record)
            except PartialFeatures as error:
                missing[row], features = error.missing, None
            call.base.append(base)
            call.features.append(features)
            call.as_of.append(plan.as_of(base, default) if as_of is UNSET else default)
        call.given = call.features[0] is not None
        names = self._names_given if call.given else self._names_asked
        if missing or len(records) > 1:
            self._check_alike(call, missing, columnar=columnar)
            return names if columnar else names * len(records)
        return names

    def _check_alike(self, call: Call, missing: dict[int, list[str]], *, columnar: bool) -> None:
        """Refuse a request in which some features are given and others are not."""
        without = [row for row, features in enumerate(call.features) if features is None]
        if missing or 0 < len(without) < len(call.features):
            lacking = [(row, missing.get(row, self.plan.feature_names)) for row in without]
            raise Refused(faults.partial(lacking, columns=columnar))

    def _fetch(self, call: Call) -> None:
        """Ask for all views of all rows in one command; a store that is away costs no time."""
        call.features = [list(self.plan.blank) for _ in call.base]
        store = self._tools.store
        if store is None or not store.connected:
            self._fetched(call, [], None)
            return
        places, keys = self._wanted(call)
        if keys:
            store.fetch(mget(keys), partial(self._fetched, call, places))
        else:
            self._fetched(call, places, [])

    def _wanted(self, call: Call) -> tuple[list[tuple[int, int]], list[bytes]]:
        """Return which (view, row) is asked for, and under which key."""
        tags, places, keys = self._tools.tags, [], []
        for number, view in enumerate(self.plan.views):
            tag = tags.get(view.pointer)
            for row, base in enumerate(call.base):
                key = view.key(base)
                if tag is not None and key is not None:
                    places.append((number, row))
                    keys.append(b"%b%b:{%b}" % (view.prefix, tag, key))
        return places, keys

    def _fetched(self, call: Call, places: list[tuple[int, int]], reply: Any) -> None:
        """Go on with the online store's reply, None when it is away or late."""
        try:
            self._place(call, places, reply)
            call.fetched = now_ns()
            self._compute(call)
        except FAILURES:
            self.fail(call)

    def _place(self, call: Call, places: list[tuple[int, int]], reply: Any) -> None:
        views, count = self.plan.views, len(call.base)
        whole = len(views) * count
        if type(reply) is not list or len(reply) != len(places):
            call.degraded.append("features")
            call.packed = [None] * whole
            return
        if len(reply) != whole:
            found = dict(zip(places, reply, strict=True))
            reply = [found.get((number, row)) for number in range(len(views)) for row in range(count)]
        call.packed = reply
        at = 0
        for view in views:
            for row in range(count):
                wrong, _ = view.place(reply[at], call.as_of[row], call.features[row])  # type: ignore[arg-type]
                if wrong is not None:
                    call.mark(f"{wrong}:{view.name}")
                at += 1

    def _compute(self, call: Call) -> None:
        vector, predict, degraded = self.plan.vector, self._predict_row, call.degraded
        if len(call.base) == 1:
            outputs = [predict(vector(call.base[0], call.features[0], degraded))]  # type: ignore[arg-type]  # filled by now
        else:
            rows = zip(call.base, call.features, strict=True)
            outputs = [predict(vector(base, features, degraded)) for base, features in rows]  # type: ignore[arg-type]
        self._finish(call, outputs)

    # many rows

    def _begin(self, call: Call, read: Callable[[], Rows]) -> None:
        batches = self._tools.batches
        if len(batches) >= BATCHES_WAITING:
            detail = f"{BATCHES_WAITING} requests of many rows are waiting here already; try again in a second."
            self.refuse(call, Problem("overloaded", "The server is overloaded", 503, detail))
            return
        task = asyncio.get_running_loop().create_task(self._run(call, read))
        batches.add(task)
        task.add_done_callback(batches.discard)

    async def _run(self, call: Call, read: Callable[[], Rows]) -> None:
        try:
            async with self._tools.turns:
                table = await Batch(self.plan, self._tools, call, self.default_as_of()).read(read())
                self._finish(call, (await self._outputs(table)).tolist())
        except Refused as refused:
            self.refuse(call, refused.problem)
        except FAILURES:
            self.fail(call)

    async def _outputs(self, table: NDArray[np.float64]) -> NDArray[np.float64]:
        predict_rows = self.model.runtime.predict_rows
        if len(table) <= THREAD_ROWS:
            return predict_rows(table)
        return await asyncio.get_running_loop().run_in_executor(self._tools.executor, predict_rows, table)

    # answer

    def _finish(self, call: Call, outputs: list[float]) -> None:
        predicted = now_ns()
        marks = (call.start, call.decoded, call.fetched, predicted)
        call.client.answer(call.request, 200, self._head.body(call.request_id, outputs, call.degraded, marks))
        microseconds = (now_ns() - call.start) / 1000
        self.counter.count(microseconds, degraded=bool(call.degraded))
        moment = time.time_ns() // 1000
        entry = (
            call.request_id, moment, int(microseconds), self.layout, call.request.body, outputs, call.as_of,
            call.packed, call.degraded,
        )  # fmt: skip
        self._tools.ring.append(self.counter, entry)


class _Columnar:
    """One row of a columnar body, read like a record."""

    __slots__ = ("__dict__",)

    def __init__(self, values: dict[str, Any]) -> None:
        self.__dict__.update(values)


def _records(columns: Any, count: int) -> list[_Columnar]:
    names = columns.__struct_fields__
    lists = {name: getattr(columns, name) for name in names}
    return [
        _Columnar({name: UNSET if values is UNSET else values[row] for name, values in lists.items()})
        for row in range(count)
    ]


def sample_body(signature: Signature, moment: int) -> dict[str, Any]:
    """Return the signature's sample as a predict body that asks about ``moment`` (µs), not about the past.

    A sample from training would ask for features as they were then, which an online store does not keep.
    """
    sample, at = signature.sample, signature.event_time
    if {"records", "columns"} & sample.keys() or at is None or at not in sample:
        return sample if {"records", "columns"} & sample.keys() else {"records": [sample]}
    return {"records": [{**sample, at: format_timestamp(moment // 1_000_000 * 1_000_000)}]}
