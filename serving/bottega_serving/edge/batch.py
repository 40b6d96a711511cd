"""A request of many rows: read in blocks, computed with numpy, answered in one piece.

Each block costs about a millisecond of the worker's loop, then other clients have their turn; the model runs in
a thread. A batch reads as many online values at once as a block has rows.
"""

import asyncio
from collections.abc import Sequence
from typing import Any

import numpy as np
from msgspec import UNSET
from numpy.typing import NDArray

from bottega.problems import Problem
from bottega_feature_store.codec import Vector
from bottega_feature_store.online.keys import key_bytes
from bottega_serving.edge import faults
from bottega_serving.edge.blocks import LARGE_BODY, Block, Rows
from bottega_serving.edge.call import Call, Refused, Tools, now_ns
from bottega_serving.edge.plan import Plan, ViewPlan
from bottega_serving.edge.store import mget
from bottega_serving.edge.strings import repeats_in_steps
from bottega_serving.edge.vectors import MissingValues, nothing, to_vector

Known = dict[str, Vector]


class Batch:
    """Turns the blocks of one request into input vectors; then ``call`` has what its log entry needs."""

    def __init__(self, plan: Plan, tools: Tools, call: Call, default_as_of: int) -> None:
        self._plan = plan
        self._tools = tools
        self._call = call
        self._default = default_as_of
        self._given: bool | None = None
        self._away = False
        self._tables: list[NDArray[np.float64]] = []
        self._packed: list[list[bytes | None]] = [[] for _ in plan.views]
        self._spent = 0

    async def read(self, rows: Rows) -> NDArray[np.float64]:
        """Return the input vectors of all rows.

        Raises:
            Refused: something is wrong with the rows.
        """
        for block in rows.steps:
            if block is not None:
                await self._take(block, rows)
            await asyncio.sleep(0)
        await self._refuse_repeats(rows)
        call = self._call
        call.given = bool(self._given)
        call.packed = None if call.given or not self._plan.views else [v for view in self._packed for v in view]
        call.fetched = now_ns()
        call.decoded = call.fetched - self._spent
        return np.concatenate(self._tables)

    async def _take(self, block: Block, rows: Rows) -> None:
        plan = self._plan
        try:
            known, given = self._known(block)
        except MissingValues as error:
            raise Refused(self._partial(block, rows)) from error
        except OverflowError as error:
            raise Refused(self._out_of_range(block, rows)) from error
        if self._given is None:
            self._given = given
        elif self._given != given:
            raise Refused(self._partial(block, rows))
        default = self._default if rows.as_of is None else rows.as_of
        moments = np.full(block.size, default, np.int64)
        if rows.as_of is None:
            moments = plan.moments(known, block.size, default)
        self._call.as_of += moments.tolist()
        if not given:
            known |= await self._looked_up(block, known, moments)
        table = np.empty((block.size, plan.width))
        plan.fill(table, known, self._call.degraded)
        self._tables.append(table)

    def _known(self, block: Block) -> tuple[Known, bool]:
        """Return the block's columns, and whether the view features are among them."""
        known: Known = {}
        for field, values in zip(self._plan.decoder.fields, block.columns, strict=True):
            vector = None if values is None else to_vector(field, values)
            if vector is not None:
                known[field.name] = vector
        features = [name in known for name in self._plan.feature_names]
        if any(features) and not all(features):
            raise MissingValues
        return known, all(features)

    def _partial(self, block: Block, rows: Rows) -> Problem:
        """Return the problem of rows that lack some of the features, or all where others have them."""
        names, missing = self._plan.feature_names, []
        columns = dict(zip((field.name for field in self._plan.decoder.fields), block.columns, strict=True))
        for row in range(block.size):
            lacking = [name for name in names if (column := columns[name]) is None or column[row] is UNSET]
            if lacking:
                missing.append((block.start + row, lacking))
        return faults.partial(missing or [(0, names)], columns=rows.columnar)

    def _out_of_range(self, block: Block, rows: Rows) -> Problem:
        """Return the problem of the first value that its type's range does not hold."""
        for field, values in zip(self._plan.decoder.fields, block.columns, strict=True):
            for row, value in enumerate(values or (), block.start):
                try:
                    to_vector(field, [value])
                except OverflowError as error:
                    name = faults.escape(field.name)
                    pointer = f"/columns/{name}/{row}" if rows.columnar else f"/records/{row}/{name}"
                    return faults.out_of_range(field, pointer, row, str(error))
        raise RuntimeError("no value is out of range")

    # features

    async def _looked_up(self, block: Block, known: Known, moments: NDArray[np.int64]) -> Known:
        found: Known = {}
        base = [known[name].values.tolist() for name in self._plan.base_names]
        nulls = [known[name].nulls for name in self._plan.base_names]
        for place, view in enumerate(self._plan.views):
            values = await self._fetch(view, _keys(view, base, nulls, block.size))
            self._packed[place] += values
            if self._away:
                found |= {name: nothing(kind, block.size) for name, kind in view.wanted}
                continue
            settled = view.settle(values, moments)
            found |= settled.columns
            for wrong in settled.wrong:
                self._call.mark(f"{wrong}:{view.name}")
        return found

    async def _fetch(self, view: ViewPlan, keys: list[bytes | None]) -> list[bytes | None]:
        """Return the packed values of one view; a store that is away is not asked again in this request."""
        found: list[bytes | None] = [None] * len(keys)
        store, tag = self._tools.store, self._tools.tags.get(view.pointer)
        asked = [(row, key) for row, key in enumerate(keys) if key is not None]
        if self._away or store is None or not store.connected:
            self._lose()
        elif tag is not None and asked:
            started = now_ns()
            reply = await store.ask(mget([b"%b%b:{%b}" % (view.prefix, tag, key) for _, key in asked]))
            self._spent += now_ns() - started
            if isinstance(reply, list) and len(reply) == len(asked):
                for (row, _), value in zip(asked, reply, strict=True):
                    found[row] = value
            else:
                self._lose()
        return found

    def _lose(self) -> None:
        self._away = True
        if "features" not in self._call.degraded:
            self._call.degraded.insert(0, "features")

    # names

    async def _refuse_repeats(self, rows: Rows) -> None:
        raw, plan = self._call.request.body, self._plan
        names = len(plan.base_names) + (len(plan.feature_names) if self._given else 0)
        names *= 1 if rows.columnar else len(self._call.as_of)
        steps = repeats_in_steps(raw, names + 1 + (rows.as_of is not None))
        while True:
            try:
                next(steps)
            except StopIteration as end:
                if not end.value:
                    return
                small = len(raw) <= LARGE_BODY
                limit = self._tools.max_rows
                raise Refused(faults.explain(raw, plan, max_rows=limit) if small else faults.repeated([])) from None
            await asyncio.sleep(0)


def _keys(
    view: ViewPlan, base: Sequence[Sequence[Any]], nulls: Sequence[NDArray[np.bool_]], count: int
) -> list[bytes | None]:
    places = view.key_places
    some_null = np.logical_or.reduce([nulls[place] for place in places]) if places else np.zeros(count, np.bool_)
    rows = zip(*(base[place] for place in places), strict=True) if places else iter([()] * count)
    return [None if null else key_bytes(row) for row, null in zip(rows, some_null.tolist(), strict=True)]
