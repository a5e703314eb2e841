from stream.definitions import load
from stream.definitions.responses import CLICK_WEIGHT, OPEN_WEIGHT, learns_habits, response_weights

EVENTS = """\
currency: USD
topics:
  clickstream:
    push_notification_tapped: {trigger_id: string}
    sms_link_clicked: {trigger_id: string}
    banner_clicked: {banner: string}
  email:
    email_delivered: {trigger_id: string}
    email_opened: {machine_open: boolean}
    email_link_clicked: {trigger_id: string}
    email_bounced: {trigger_id: string}
    email_marked_as_spam: {trigger_id: string}
    unsubscribed: {trigger_id: string}
  people:
    ticket_opened: {ticket_id: string}
"""


def test_responses_are_opens_clicks_and_taps_that_answer_a_trigger_and_no_deliveries_or_complaints() -> None:
    assert response_weights(load({"events.yaml": EVENTS}).plan) == {
        "push_notification_tapped": CLICK_WEIGHT,
        "sms_link_clicked": CLICK_WEIGHT,
        "email_opened": OPEN_WEIGHT,
        "email_link_clicked": CLICK_WEIGHT,
    }


def test_habits_are_not_learnt_where_nothing_asks_for_them() -> None:
    assert not learns_habits(load({"events.yaml": EVENTS}))
