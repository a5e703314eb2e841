"""Settings: files, variables, units, refusals, secrets."""

import ssl
from pathlib import Path

import pytest

from stream.definitions.problems import ConfigRefused
from stream.runtime.security import kafka_security
from stream.runtime.settings import Secret, Settings, check_settings, load_settings, written_name

ROOT = Path(__file__).parents[2]
SHIPPED = (ROOT / "config/settings.yaml").read_text()
SASL = {"STREAM_SECURITY_PROTOCOL": "SASL_SSL", "STREAM_SASL_USERNAME": "worker", "STREAM_SASL_PASSWORD": "hunter2"}


def refusal(text: str, env: dict[str, str] | None = None) -> str:
    with pytest.raises(ConfigRefused) as refused:
        load_settings(text, env or {})
    return str(refused.value)


def test_an_empty_file_gives_the_defaults():
    assert load_settings("", {}) == Settings()
    assert load_settings("# nothing but a comment\n", {}) == Settings()


def test_the_shipped_file_is_right_and_says_the_defaults():
    assert check_settings(SHIPPED) == []
    assert load_settings(SHIPPED, {}) == Settings()


def test_the_variable_that_tells_tests_where_data_sets_are_is_no_setting():
    assert load_settings("", {"STREAM_DATA": "anywhere"}) == load_settings("", {})


def test_a_variable_wins_over_the_file():
    assert load_settings("brokers: a:1\napp: x", {"STREAM_BROKERS": "b:2", "HOME": "/"}).brokers == "b:2"


@pytest.mark.parametrize(
    ("written", "lateness_ms"), [("20ms", 20), ("2s", 2_000), ("1m", 60_000), ("1h", 3_600_000), ("0s", 0)]
)
def test_durations_are_written_with_their_unit(written: str, lateness_ms: int):
    assert load_settings(f"lateness: {written}", {}).lateness_ms == lateness_ms


def test_settings_in_seconds_take_whole_seconds():
    assert load_settings("recovery_timeout: 2m", {}).recovery_timeout_s == 120
    assert "expected whole seconds" in refusal("recovery_timeout: 1500ms")


@pytest.mark.parametrize("wrong", ["2", "2 s", "-2s", "soon", "2S", "٢s", "''"])
def test_what_is_no_duration_is_refused(wrong: str):
    assert "settings.yaml:1:11: lateness: expected a duration" in refusal(f"lateness: {wrong}")


def test_all_problems_are_reported_at_once_each_at_its_place():
    text = "app: stream\nlatness: 2s\nclock: sundial\npartitions: four\nbrokers: [a, b]\n"
    assert refusal(text, {"STREAM_HTTP_PORT": "70000", "STREAM_CLOK": "wall"}).splitlines() == [
        "STREAM_CLOK:1:1: unknown variable, no setting is called so (did you mean 'STREAM_CLOCK'?)",
        "STREAM_HTTP_PORT:1:1: http_port: at most 65535, found 70000",
        "settings.yaml:2:1: unknown setting 'latness' (did you mean 'lateness'?)",
        "settings.yaml:3:8: clock: expected one of event, wall, found 'sundial'",
        "settings.yaml:4:13: partitions: expected a whole number, found 'four'",
        "settings.yaml:5:10: brokers: expected a single value",
    ]


@pytest.mark.parametrize(
    ("key", "below", "least", "most", "above"),
    [
        ("partitions", "0", "1", "1024", "1025"),
        ("http_port", "-1", "0", "65535", "65536"),
        ("session_timeout", "5999ms", "6s", "5m", "301s"),
        ("max_event_bytes", "255", "256", "1048576", "1048577"),
    ],
)
def test_bounds_hold_on_both_sides(key: str, below: str, least: str, most: str, above: str):
    assert check_settings(f"{key}: {least}") == []
    assert check_settings(f"{key}: {most}") == []
    assert len(check_settings(f"{key}: {below}")) == 1
    assert len(check_settings(f"{key}: {above}")) == 1


@pytest.mark.parametrize("brokers", ["localhost:9092", "a.b:1,c.d:2", "[::1]:9092", "10.0.0.1:9092"])
def test_brokers_have_a_host_and_a_port(brokers: str):
    assert load_settings("", {"STREAM_BROKERS": brokers}).brokers == brokers


@pytest.mark.parametrize("brokers", ["localhost", "kafka://localhost:9092", "a:1,", "a:1, b:2", "", "a:1\n"])
def test_brokers_of_another_form_are_refused(brokers: str):
    assert "brokers: " in refusal("", {"STREAM_BROKERS": brokers})


@pytest.mark.parametrize("wrong", ["- a", "just words", "app: a\napp: b", "app: &x a"])
def test_a_file_that_is_no_plain_mapping_is_refused(wrong: str):
    assert refusal(wrong).startswith("settings.yaml:")


@pytest.mark.parametrize("wrong", ["yes", "True", "1", ""])
def test_a_boolean_is_true_or_false(wrong: str):
    assert "expected true or false" in refusal("", {"STREAM_EMBEDDED": wrong})
    assert load_settings("", {"STREAM_EMBEDDED": "true"}).embedded


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("checkpoint_min: 2s", "checkpoint_min: longer than checkpoint_max"),
        ("transaction_timeout: 1999ms", "transaction_timeout: less than twice checkpoint_max"),
        ("heartbeat_interval: 3s", "heartbeat_interval: more than a third of session_timeout"),
        ("low_mark_records: 20000", "low_mark_records: not below high_mark_records"),
        ("check_crcs: false", "check_crcs: false is for the embedded broker only"),
        ("security_protocol: SASL_SSL", "SASL_SSL needs sasl_username and sasl_password"),
        ("sasl_username: me", "PLAINTEXT would not use the SASL name and password given"),
        ("ssl_cafile: ca.pem", "PLAINTEXT would not use the certificates given"),
        ("security_protocol: SSL\nssl_certfile: me.pem", "ssl_certfile and ssl_keyfile go together"),
    ],
)
def test_settings_that_contradict_each_other_are_refused(text: str, message: str):
    assert message in refusal(text)


def test_checksums_may_be_left_unchecked_on_the_embedded_broker():
    assert not load_settings("check_crcs: false\nembedded: true", {}).check_crcs


def test_every_setting_is_documented():
    source = (ROOT / "stream/runtime/settings_fields.py").read_text()
    for field in Settings.__struct_fields__:
        declaration = source.split(f"\n    {field}: ", 1)[1]
        assert declaration.split("\n", 2)[1].startswith('    """'), f"{field} has no description"


def test_names_in_the_file_are_distinct():
    assert len({written_name(field) for field in Settings.__struct_fields__}) == len(Settings.__struct_fields__)


def test_a_password_never_prints():
    settings = load_settings("", SASL)
    assert settings.sasl_password.reveal() == "hunter2"
    for shown in (repr(settings), str(settings), f"{settings.sasl_password}", f"{settings!r}"):
        assert "hunter2" not in shown
    assert "hunter2" not in refusal("", {**SASL, "STREAM_SECURITY_PROTOCOL": "SSL"})


def test_secrets_compare_by_their_text():
    assert Secret("a") == Secret("a")
    assert Secret("a") != Secret("b")
    assert not Secret()


def test_plain_text_needs_no_credentials():
    assert kafka_security(Settings()) == {"security_protocol": "PLAINTEXT"}


@pytest.mark.parametrize("mechanism", ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"])
def test_an_account_reaches_aiokafka(mechanism: str):
    settings = load_settings("", {**SASL, "STREAM_SASL_MECHANISM": mechanism})
    arguments = kafka_security(settings)
    assert arguments["sasl_mechanism"] == mechanism
    assert arguments["sasl_plain_username"] == "worker"
    assert arguments["sasl_plain_password"] == "hunter2"


def test_tls_verifies_the_certificate_and_the_host_name():
    settings = load_settings("security_protocol: SSL", {})
    context = kafka_security(settings)["ssl_context"]
    assert isinstance(context, ssl.SSLContext)
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname


def test_a_certificate_file_that_is_missing_is_an_error(tmp_path: Path):
    settings = load_settings("security_protocol: SSL", {"STREAM_SSL_CAFILE": str(tmp_path / "none.pem")})
    with pytest.raises(OSError, match="No such file"):
        kafka_security(settings)
