"""Every setting of a worker: its type, unit and bounds, what it is for, and why its default."""

from typing import Annotated, Final, Literal, final

import msgspec
from msgspec import Meta


@final
class Secret:
    """A text that never prints: only `reveal()` gives it away, to whoever asks for it by name."""

    __slots__ = ("_text",)

    def __init__(self, text: str = "") -> None:
        self._text: Final = text

    def reveal(self) -> str:
        """Return the text itself, for the client that must send it."""
        return self._text

    def __bool__(self) -> bool:
        return bool(self._text)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __repr__(self) -> str:
        return "Secret('***')" if self._text else "Secret('')"


NO_SECRET: Final = Secret()

Clock = Literal["wall", "event"]
SecurityProtocol = Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"]
SaslMechanism = Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"]
LogLevel = Literal["debug", "info", "warning", "error"]

_DAY_MS: Final = 86_400_000
_NAME: Final = r"^[A-Za-z0-9._-]{1,100}$"
_PREFIX: Final = r"^[A-Za-z0-9._-]{0,100}$"
_BROKERS: Final = r"^([^\s:,]+|\[[0-9a-fA-F:]+\]):\d{1,5}(,([^\s:,]+|\[[0-9a-fA-F:]+\]):\d{1,5})*$"


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What a worker is told about its surroundings; what it decides is in the definitions.

    In `settings.yaml` and in `STREAM_*` variables a time goes without its unit's suffix: `lateness_ms` is written
    `lateness: 2s` there, and `STREAM_LATENESS=2s`. Each description says the purpose first, then why this default.
    """

    # ---------------------------------------------------------------------------------------------- names and places
    app: Annotated[str, Meta(pattern=_NAME)] = "stream"
    """Consumer group, prefix of the changelog's name and of the transactional ids. Two workers with one name share the
    work; another name starts from nothing."""

    brokers: Annotated[str, Meta(pattern=_BROKERS)] = "127.0.0.1:9092"
    """Kafka brokers to ask first, `host:port`, several with commas. The default is a broker on this machine."""

    instance: Annotated[str, Meta(pattern=_PREFIX)] = ""
    """Name of this very worker, kept over its restarts and shared with no other, such as a StatefulSet's pod name. With
    one, a worker that is back within `session_timeout` has its tasks again and no other worker pauses, after a crash
    too; one that is gone for good keeps its tasks waiting that long, as it never leaves the group. Two of one name take
    the tasks from each other without end. Empty: a worker that ends leaves at once."""

    topic_prefix: Annotated[str, Meta(pattern=_PREFIX)] = ""
    """Goes before the name of every input and output topic, for clusters shared with others. Empty: topics are named as
    in the documentation."""

    partitions: Annotated[int, Meta(ge=1, le=1024)] = 4
    """Partitions of every input topic, and of the changelog: as many tasks, so as many workers as can share the work.
    For ever: a user's partition follows from it. 4 suits a laptop; take 12 to 48 for production."""

    replication: Annotated[int, Meta(ge=1, le=9)] = 1
    """Copies of every partition that `stream topics` asks for. 1 suits a single broker; production: 3 (writes then need
    2 of them)."""

    # ---------------------------------------------------------------------------------------------------------- time
    clock: Clock = "wall"
    """wall: live. event: time moves by the heartbeats of `stream play` alone, so that the same history gives the same
    outcomes."""

    lateness_ms: Annotated[int, Meta(ge=0, le=3_600_000)] = 2_000
    """How long timers wait for events still on their way. 2 s covers a producer's batching and retries; an event is
    never held for it."""

    future_limit_ms: Annotated[int, Meta(ge=0, le=7 * _DAY_MS)] = 3_600_000
    """How far in the future an event's time may be before it is dead-lettered (wall clock only). 1 h forgives a wrong
    time zone's daylight saving, not a wrong date."""

    # --------------------------------------------------------------------------------------------------- checkpoints
    checkpoint_min_ms: Annotated[int, Meta(ge=0, le=10_000)] = 20
    """Shortest time between two checkpoints of a task. 20 ms keeps triggers prompt while hundreds of events share a
    transaction. Ten times as long while more events wait to be decided, so that fewer profiles are written."""

    checkpoint_max_ms: Annotated[int, Meta(ge=10, le=60_000)] = 1_000
    """Longest time a changed profile waits for its checkpoint. 1 s bounds what a crashed worker's successor does
    again."""

    transaction_timeout_ms: Annotated[int, Meta(ge=1_000, le=900_000)] = 30_000
    """After so long the broker aborts an open transaction. Until then a crashed worker's transaction holds up
    read_committed readers, unless a successor takes over sooner. 30 s outlasts a broker's restart; the broker itself
    allows 15 min."""

    recovery_timeout_s: Annotated[int, Meta(ge=1, le=86_400)] = 600
    """A task not recovered by then stops the worker, since stock Faust would sit idle for ever. 10 min reads many GiB
    of changelog."""

    stall_timeout_s: Annotated[int, Meta(ge=5, le=3_600)] = 120
    """A task with records to read and no progress for so long stops the worker, so that it is started anew. 2 min
    outlasts a failover."""

    # --------------------------------------------------------------------------------------------------------- state
    state_dir: str = ""
    """Folder on a local disk for a copy of the changelog: for state larger than memory, and for restarts that read only
    what is new. Of this worker alone, kept over its restarts; it may be lost, and is built anew then, as whenever it is
    in doubt. Empty: all state is in memory."""

    hot_profiles: Annotated[int, Meta(ge=1, le=10_000_000)] = 50_000
    """Profiles of a task kept decoded, ready for the next event; the rest is encoded, in memory or in state_dir.
    50,000 take some 300 MB."""

    state_cache_bytes: Annotated[int, Meta(ge=1 << 20, le=1 << 40)] = 256 << 20
    """Memory that the copies in state_dir may use for what was read of them, all tasks together. 256 MiB holds the
    indexes of some ten million profiles; the operating system caches the files besides."""

    # -------------------------------------------------------------------------------------------------- wrong input
    dead_letter_percent: Annotated[int, Meta(ge=0, le=100)] = 10
    """Most of a source that may be dead-lettered, of its last `dead_letter_window_records`; beyond, the worker stops,
    and stops again when started anew. 10 is far above what phones send wrong, far below a broken producer. 0: no
    limit."""

    dead_letter_window_records: Annotated[int, Meta(ge=100, le=1_000_000)] = 1_000
    """How many records back that share is counted, by partition (offsets, in fact). Of 1,000 the hundred-and-first
    wrong one stops."""

    misplaced_percent: Annotated[int, Meta(ge=0, le=100)] = 1
    """Most of a source's last 1,000 records that may be on another partition than murmur2 of their user; they are sent
    on. Beyond it is the producer's partitioner, and the worker stops. 0 stops at the first, 100 never. Wall clock only:
    with event time the first stops."""

    # ------------------------------------------------------------------------------------------------------ fetching
    session_timeout_ms: Annotated[int, Meta(ge=6_000, le=300_000)] = 8_000
    """A worker silent for so long loses its tasks. 8 s: brokers take no less than 6 s by default, and more only
    prolongs an outage."""

    heartbeat_interval_ms: Annotated[int, Meta(ge=100, le=100_000)] = 2_000
    """How often the worker tells the group that it lives. A quarter of the session: three may be lost."""

    fetch_max_wait_ms: Annotated[int, Meta(ge=1, le=5_000)] = 100
    """How long a broker may hold an empty fetch. It bounds how stale 'caught up' can be, and with it the wall clock:
    100 ms."""

    fetch_max_bytes: Annotated[int, Meta(ge=65_536, le=1 << 30)] = 16 << 20
    """Most bytes of one fetch response, all partitions together. 16 MiB bounds a worker's memory, and keeps it busy."""

    max_partition_fetch_bytes: Annotated[int, Meta(ge=65_536, le=1 << 28)] = 1 << 20
    """Most bytes of one partition in a fetch response. 1 MiB is some thousands of events, aiokafka's default."""

    max_poll_records: Annotated[int, Meta(ge=1, le=100_000)] = 5_000
    """Most records handed over at once. 5,000 are decided well within a second, so that timers stay prompt."""

    high_mark_records: Annotated[int, Meta(ge=1, le=10_000_000)] = 20_000
    """A task with so many records waiting pauses its partitions: it bounds memory. 20,000 are some 20 MB."""

    low_mark_records: Annotated[int, Meta(ge=0, le=10_000_000)] = 5_000
    """A paused task resumes below this. A quarter of the high mark keeps it from flapping, and the CPU busy."""

    max_event_bytes: Annotated[int, Meta(ge=256, le=1 << 20)] = 65_536
    """A larger input record is dead-lettered unread. 64 KiB holds a cart of hundreds of items."""

    check_crcs: bool = True
    """Verify the checksum of what is fetched. false only for the embedded broker, whose transaction markers carry
    none."""

    # -------------------------------------------------------------------------------------------------------- topics
    input_retention_ms: Annotated[int, Meta(ge=60_000, le=3_660 * _DAY_MS)] = 7 * _DAY_MS
    """How long input topics keep events: the longest outage survived. 7 d, Kafka's own default."""

    output_retention_ms: Annotated[int, Meta(ge=60_000, le=3_660 * _DAY_MS)] = 30 * _DAY_MS
    """How long outcomes and dead letters are kept: 30 d, so that a month can be looked into."""

    compaction_lag_ms: Annotated[int, Meta(ge=0, le=30 * _DAY_MS)] = 3_600_000
    """Changelog records younger than this are never compacted away. 1 h: longer than a recovery reads."""

    delete_retention_ms: Annotated[int, Meta(ge=60_000, le=365 * _DAY_MS)] = 7 * _DAY_MS
    """How long the changelog keeps tombstones. 7 d: a copy that was away longer must be built anew."""

    # ----------------------------------------------------------------------------------------------------------- web
    http_host: Annotated[str, Meta(min_length=1)] = "127.0.0.1"
    """Address of /metrics, /health and /ready. They need no password, hence this machine alone by default."""

    http_port: Annotated[int, Meta(ge=0, le=65_535)] = 6_066
    """Port of the same; 0 takes a free one. 6066 is Faust's customary port."""

    log_level: LogLevel = "info"
    """Least severity that is logged, to stderr. No level logs events or user ids."""

    # ------------------------------------------------------------------------------------------------------ security
    embedded: bool = False
    """The broker is the embedded one of `stream demo`: topics are not declared, nothing survives. Set by the demo."""

    security_protocol: SecurityProtocol = "PLAINTEXT"
    """How to talk to the brokers. PLAINTEXT suits this machine; over a network take SASL_SSL or SSL."""

    ssl_cafile: str = ""
    """PEM file of the authorities that may sign a broker's certificate. Empty: those this machine trusts."""

    ssl_certfile: str = ""
    """PEM file of the worker's own certificate (mutual TLS), with ssl_keyfile. Empty: none."""

    ssl_keyfile: str = ""
    """PEM file of the key to ssl_certfile, without a password."""

    sasl_mechanism: SaslMechanism = "SCRAM-SHA-512"
    """How the worker proves who it is, with SASL_SSL or SASL_PLAINTEXT. SCRAM-SHA-512 never sends the password."""

    sasl_username: str = ""
    """The worker's name with SASL."""

    sasl_password: Secret = NO_SECRET
    """The worker's password with SASL. Give it as STREAM_SASL_PASSWORD, not in a file."""

    pseudonym_key: Secret = NO_SECRET
    """Key of the hash under which it is remembered that an erased user must not be written to. Give it as
    STREAM_PSEUDONYM_KEY, not in a file, and never change it: under another one nobody is found again. Without one the
    hash has the application's name for a key, which is no secret."""

    @property
    def verifies_crcs(self) -> bool:
        """Whether checksums of fetched records are verified: always, but on the embedded broker."""
        return self.check_crcs and not self.embedded
