"""The functions that ask a time where the user is."""

from typing import Final

from stream.definitions.manual.entries import Entry, Example, trait

LOCAL_TIME: Final = (
    Entry(
        "weekday",
        "The weekday of a time where the user is, monday to sunday; also in `where`.",
        example=trait(
            "weekend_orders: {count: order_completed, where: \"weekday(at) in ('saturday', 'sunday')\"}",
            "3d order_completed\n4d order_completed\n4d => weekend_orders == 1",
        ),
    ),
    Entry(
        "month",
        "The month of a time where the user is, january to december; also in `where`.",
        example=trait(
            "december_orders: {count: order_completed, where: month(at) == 'december'}",
            "12d order_completed\n13d order_completed\n13d => december_orders == 1",
        ),
    ),
    Entry(
        "hour",
        "The hour that the clock shows at a time where the user is, 0 to 23; also in `where`.",
        example=trait("late: {count: order_completed, where: hour(at) >= 22}", "21h order_completed\n22h => late == 0"),
    ),
    Entry(
        "during",
        "Whether the day of a time, where the user is, lies in a season of `calendar.yaml`; also in `where`.",
        example=Example(
            {
                "traits.yaml": "gifts: {count: order_completed, where: 'during(at, christmas)'}\n",
                "calendar.yaml": "christmas: {from: 12-01, to: 12-24}\n",
            },
            "5d order_completed\n6d order_completed\n6d => gifts == 1\n",
        ),
    ),
)
