"""A real worker, scraped by a real Prometheus while a history is played to it: the whole dashboard has data."""

import asyncio
import contextlib
import json
import os
import re
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import aiohttp
import pytest

from stream.model.times import shown_time
from tests.deploy.dashboards import unanswered
from tests.deploy.prometheus_server import Prometheus, binary, free_port, running_prometheus

ROOT = Path(__file__).parents[2]
MINUTE_MS = 60_000
BEGIN_MS = 1_714_521_600_000


def history() -> Iterator[dict[str, object]]:
    """Forty users consent and fill a cart; half of them buy, after three hours."""
    for number in range(40):
        at_ms, user = BEGIN_MS + number * MINUTE_MS, f"u{number}"
        for purpose in ("marketing", "advertising"):
            yield call(user, "Consent Changed", at_ms, purpose=purpose, granted=True)
        yield call(user, "Product Added", at_ms, product_id="p1", price=30.0)
    for number in range(20):
        yield call(f"u{number}", "Order Completed", BEGIN_MS + (180 + number) * MINUTE_MS, order_id="o", total=30.0)


def call(user: str, event: str, at_ms: int, **properties: object) -> dict[str, object]:
    return {
        "type": "track",
        "messageId": f"{user}-{event}-{properties.get('purpose')}",
        "userId": user,
        "event": event,
        "timestamp": shown_time(at_ms),
        "properties": properties,
    }


@contextlib.asynccontextmanager
async def embedded_worker(folder: Path, port: int) -> AsyncIterator[str]:
    """Yield the address of a broker that a worker reads; both end with the context."""
    log = folder / "worker.log"
    variables = {"STREAM_HTTP_PORT": str(port), "STREAM_CLOCK": "event"}
    arguments = ["-m", "stream", "worker", "--embedded", "--config", str(ROOT / "config")]
    with log.open("w") as output:
        worker = await asyncio.create_subprocess_exec(
            sys.executable, *arguments, stdout=output, stderr=output, env=os.environ | variables, cwd=ROOT
        )
    try:
        async with asyncio.timeout(60):
            while not await is_ready(port):
                assert worker.returncode is None, log.read_text()
                await asyncio.sleep(0.2)
        found = re.search(r"It is at (\S+?)\.?$", log.read_text(), re.MULTILINE)
        assert found, log.read_text()
        yield found[1]
        assert worker.returncode is None, log.read_text()
    finally:
        if worker.returncode is None:
            worker.terminate()
        await worker.wait()


async def is_ready(port: int) -> bool:
    try:
        async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{port}/ready") as response:
            return response.status == 200
    except aiohttp.ClientConnectionError:
        return False


async def play(file: Path, brokers: str) -> None:
    """Run `stream play`, as anyone would."""
    arguments = ["-m", "stream", "play", str(file), "--format", "segment", "--brokers", brokers]
    playing = await asyncio.create_subprocess_exec(
        sys.executable, *arguments, cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    said, _ = await playing.communicate()
    assert playing.returncode == 0, said.decode()


async def becomes(prometheus: Prometheus, query: str, expected: float) -> None:
    """Wait until the query's one value is the expected one."""
    found: list[float] = []
    for _ in range(100):
        found = await asyncio.to_thread(prometheus.query, query)
        if found == [expected]:
            return
        await asyncio.sleep(0.2)
    pytest.fail(f"{query} is {found}, not {expected}")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "history.jsonl"
    path.write_text("".join(f"{json.dumps(line)}\n" for line in history()))
    return path


async def test_every_query_of_the_dashboard_returns_data_over_a_worker(file: Path, tmp_path: Path):
    binary("prometheus")
    port = free_port()
    async with embedded_worker(tmp_path, port) as brokers:
        with contextlib.ExitStack() as ending:
            prometheus = await asyncio.to_thread(ending.enter_context, running_prometheus(tmp_path, port))
            await becomes(prometheus, "stream_tasks", 4)
            await play(file, brokers)
            assert await unanswered(prometheus, "60s", 40) == {}
            await becomes(prometheus, 'stream_segment_members{segment="cart_abandoner"}', 20)
            # All forty carts are written about, but for six users who are held out; the twenty orders are thanked for.
            await becomes(prometheus, 'sum(stream_triggers_total{action="similar_item_email"})', 34)
            await becomes(prometheus, 'sum(stream_decisions_total{verdict="held_out"})', 6)
            await becomes(prometheus, 'sum(stream_triggers_total{action="order_thanks_email"})', 20)
