"""The web page of a worker, over a real socket on this machine."""

from collections.abc import AsyncIterator

import aiohttp
import pytest

from stream.runtime.metrics import Metrics, TaskGauges
from stream.runtime.settings import Secret, Settings
from stream.runtime.web import Readiness, WebServer

SETTINGS = Settings(
    http_port=0, security_protocol="SASL_SSL", sasl_username="worker-account", sasl_password=Secret("hunter2")
)


class Page:
    """One web server with its parts, and a client to ask it."""

    def __init__(self) -> None:
        self.metrics = Metrics()
        self.readiness = Readiness()
        self.server = WebServer(SETTINGS, self.metrics, self.readiness, self._before_scrape)
        self.port = 0
        self.scrapes = 0

    def _before_scrape(self) -> None:
        self.scrapes += 1
        self.metrics.show_tasks([TaskGauges(recovered=True, profiles=self.scrapes)])

    async def get(self, path: str) -> tuple[int, str]:
        url = f"http://127.0.0.1:{self.port}{path}"
        async with aiohttp.ClientSession() as session, session.get(url) as response:
            return response.status, await response.text()


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    served = Page()
    served.port = await served.server.start()
    yield served
    await served.server.stop()


async def test_gauges_are_set_at_each_scrape(page: Page):
    assert "stream_profiles 1.0" in (await page.get("/metrics"))[1]
    status, text = await page.get("/metrics")
    assert status == 200
    assert "stream_profiles 2.0" in text


async def test_health_answers_while_nothing_is_ready(page: Page):
    assert (await page.get("/health"))[0] == 200


async def test_ready_says_what_is_missing_until_nothing_is(page: Page):
    status, text = await page.get("/ready")
    assert status == 503
    assert '"missing": ["assigned", "recovered", "producing"]' in text
    page.readiness.assigned = page.readiness.producing = True
    status, text = await page.get("/ready")
    assert status == 503
    assert '"missing": ["recovered"]' in text
    page.readiness.recovered = True
    assert (await page.get("/ready"))[0] == 200
    page.readiness.assigned = False
    assert (await page.get("/ready"))[0] == 503


async def test_the_first_page_links_the_others(page: Page):
    text = (await page.get("/"))[1]
    assert all(f'href="{path}"' in text for path in ("/metrics", "/health", "/ready"))


async def test_no_page_shows_an_account_or_a_password(page: Page):
    for path in ("/", "/metrics", "/health", "/ready", "/nowhere"):
        text = (await page.get(path))[1]
        assert "hunter2" not in text
        assert "worker-account" not in text


async def test_a_port_in_use_is_an_error_and_stopping_twice_is_none(page: Page):
    taken = Settings(http_port=page.port)
    second = WebServer(taken, Metrics(), Readiness())
    with pytest.raises(OSError, match="address already in use"):
        await second.start()
    await second.stop()
    await second.stop()
