"""The worker's web page: /metrics for Prometheus, /health and /ready for whoever runs it."""

import logging
from collections.abc import Callable
from typing import Final

import msgspec
from aiohttp import web
from aiohttp.http_exceptions import BadHttpMessage
from prometheus_client import CONTENT_TYPE_LATEST

from stream.runtime.metrics import Metrics
from stream.runtime.settings_fields import Settings

_PAGE: Final = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>stream worker</title></head><body>
<h1>stream worker</h1>
<ul>
<li><a href="/metrics">/metrics</a>: what Prometheus reads</li>
<li><a href="/health">/health</a>: the process answers</li>
<li><a href="/ready">/ready</a>: partitions assigned, state recovered, producers up</li>
</ul>
</body></html>
"""


def _without_bad_requests() -> logging.Logger:
    """Return a logger for what goes wrong here: aiohttp logs what others send wrong too, with traceback and bytes."""
    logger = logging.getLogger(__name__)
    logger.addFilter(_is_ours)
    return logger


def _is_ours(record: logging.LogRecord) -> bool:
    return not (record.exc_info and isinstance(record.exc_info[1], BadHttpMessage))


class Readiness(msgspec.Struct):
    """What a worker must have before it decides anything; the worker sets the flags as it gets there, and back."""

    assigned: bool = False
    recovered: bool = False
    producing: bool = False

    @property
    def missing(self) -> list[str]:
        """Return the names of the flags that are not set."""
        return [name for name in self.__struct_fields__ if not getattr(self, name)]


class WebServer:
    """Serves `metrics` and `readiness` on the settings' host and port, in the running event loop.

    `before_scrape` is called before each answer on /metrics, to set the gauges. No setting is shown: no
    address, no account, no secret. Who has not sent a request within `patience_s` is hung up on.
    """

    def __init__(
        self,
        settings: Settings,
        metrics: Metrics,
        readiness: Readiness,
        before_scrape: Callable[[], None] | None = None,
        *,
        patience_s: float = 30.0,
    ) -> None:
        self._host: Final = settings.http_host
        self._port: Final = settings.http_port
        self._metrics: Final = metrics
        self._readiness: Final = readiness
        self._before_scrape: Final = before_scrape
        self._patience_s: Final = patience_s
        self._runner: web.AppRunner | None = None

    async def start(self) -> int:
        """Start serving and return the port, the one chosen where the settings say 0; raises OSError if it is taken."""
        app = web.Application()
        app.add_routes(
            [
                web.get("/", self._show_links),
                web.get("/metrics", self._show_metrics),
                web.get("/health", self._show_health),
                web.get("/ready", self._show_readiness),
            ]
        )
        self._runner = web.AppRunner(
            app,
            access_log=None,
            handle_signals=False,
            logger=_without_bad_requests(),
            # aiohttp would leave an unfinished request its connection for an hour.
            keepalive_timeout=self._patience_s,
            lingering_time=min(1.0, self._patience_s),
        )
        await self._runner.setup()
        await web.TCPSite(self._runner, self._host, self._port).start()
        return int(self._runner.addresses[0][1])

    async def stop(self) -> None:
        """Stop serving; harmless when never started."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def _show_links(self, _: web.Request) -> web.Response:
        return web.Response(text=_PAGE, content_type="text/html")

    async def _show_metrics(self, _: web.Request) -> web.Response:
        if self._before_scrape is not None:
            self._before_scrape()
        return web.Response(body=self._metrics.page(), headers={"Content-Type": CONTENT_TYPE_LATEST})

    async def _show_health(self, _: web.Request) -> web.Response:
        return web.json_response({"alive": True})

    async def _show_readiness(self, _: web.Request) -> web.Response:
        missing = self._readiness.missing
        answer = {"ready": not missing, "missing": missing, **msgspec.structs.asdict(self._readiness)}
        return web.json_response(answer, status=503 if missing else 200)
