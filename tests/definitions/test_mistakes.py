"""Each mistake gives exactly one line, at its place, with the nearest known name; and no mistake makes another one."""

import pytest

from tests.definitions.config_text import edited, problems

WAYS = (
    "count, sum, min, max, avg, first, last, distinct, top, set, nth, gap, open, rate, streak, sequence, "
    "sequence_rate, value"
)

Edit = tuple[str, str, str]

PLAN = [
    (("currency: USD", "currency: usd"), "1:11: 'usd' is no currency: write its three capital letters, as in USD"),
    (("rates: {EUR: 1.08}", "rates: {EUR: -1}"), "2:14: the rate of EUR must be more than 0"),
    (("rates: {EUR: 1.08}", "rates: {EUR: x}"), "2:14: the rate of EUR must be a number in plain digits, not 'x'"),
    (("rates: {EUR: 1.08}", "rates: {USD: 1}"), "2:9: USD is the shop's own currency: it needs no rate"),
    (
        ("  clickstream:", "  clickstreem:"),
        "4:3: there is no topic 'clickstreem'; the topics are cart, clickstream, email, people"
        " (did you mean 'clickstream'?)",
    ),
    (
        ("rating: integer", "rating: int"),
        "5:50: there is no type 'int'; the types are string, integer, number, boolean, timestamp, money"
        " (did you mean 'integer'?)",
    ),
    (("rating: integer", "at: integer"), "5:42: 'at' cannot name a property: it names the event's time"),
    (
        ("    feature_used:", "    order_completed:"),
        "9:5: the event 'order_completed' stands in the topic clickstream already",
    ),
    (
        ("    feature_used:", "    cart_changed:"),
        "6:5: 'cart_changed' is made by the decisions themselves: it can be named, but not planned",
    ),
    (
        ("quantity: {type: integer, min: 1}", "quantity: {type: integer, min: one}"),
        "8:96: min must be a number in plain digits, not 'one'",
    ),
    (
        ("quantity: {type: integer, min: 1}", "quantity: string"),
        "8:75: product_added.quantity must be of type integer, since it is read as such",
    ),
    (
        ("{type: string, required: true}", "{type: string, required: yes}"),
        "8:58: required must be true or false, not 'yes'",
    ),
    (
        ("{type: string, required: true}", "{type: string, requird: true}"),
        "8:48: a property has no field 'requird' (did you mean 'required'?)",
    ),
    (("gift: boolean", "gift: {type: boolean, min: 1}"), "12:29: 'min' has no meaning for a boolean"),
    (
        ("currency: currency}", "currency: curency}"),
        "10:38: there is no property 'curency' in this event (did you mean 'currency'?)",
    ),
    (
        ("currency: currency}", "currency: gift}"),
        "10:38: 'gift' must be a string, since it holds the code of a currency",
    ),
]

TRAITS = [
    (
        ("count: product_viewed", "count: product_view"),
        "1:19: there is no event 'product_view' (did you mean 'product_viewed'?)",
    ),
    (("count: product_viewed", "cuont: product_viewed"), "1:12: a trait has no field 'cuont' (did you mean 'count'?)"),
    (
        ("count: product_viewed", "count: product_viewed.rating"),
        "1:19: 'count' takes an event, not a property: write 'product_viewed'",
    ),
    (("within: 7d", "within: 7 days"), "1:43: '7 days' is no duration: write 7d"),
    (("within: 7d", "within: 0d"), "1:43: within cannot be '0d': it must be longer than nothing"),
    (("within: 7d", "within: 11000d"), "1:43: '11000d' is longer than ten years"),
    (("within: 7d", "within: 7d, group: category"), "1:47: a trait has no field 'group' (did you mean 'by'?)"),
    (
        ("sum: order_completed.total", "sum: order_completed"),
        "3:14: 'sum' takes a property of an event, as in order_completed.PROPERTY",
    ),
    (
        ("sum: order_completed.total", "sum: order_completed.totl"),
        "3:14: order_completed has no property 'totl' (did you mean 'total'?)",
    ),
    (
        ("sum: order_completed.total", "sum: order_completed.gift"),
        "3:14: 'sum' needs integer, number, money or duration; order_completed.gift is a boolean",
    ),
    (
        ("top: product_viewed.category", "top: product_viewed.rating"),
        "5:18: 'top' needs string; product_viewed.rating is an integer",
    ),
    (
        ("aov: {value: spend / orders}", "aov: {value: spend / order}"),
        "6:22: there is no trait or segment 'order' (did you mean 'orders'?)",
    ),
    (
        ("aov: {value: spend / orders}", "aov: {value: default(spend, 0) / orders}"),
        "6:14: a comma ends a value inside { }: quote the expression",
    ),
    (("aov: {value: spend / orders}", "aov: {value: aov / orders}"), "6:14: 'aov' reads itself"),
    (
        ("aov: {value: spend / orders}", "aov: {value: a2 / 2}\na2: {value: aov * 2}"),
        "6:14: a circle: 'aov' reads 'a2', 'a2' reads 'aov'",
    ),
    (
        ("aov: {value: spend / orders}", "aov: {value: spend / orders, within: 7d}"),
        "6:30: 'within' has no meaning beside 'value'",
    ),
    (
        ("aov: {value: spend / orders}", "aov: {value: spend / orders}\nage: {value: since(last_order_at)}"),
        "7:14: since(last_order_at) changes all the time: compare it with a duration, where it is needed",
    ),
    (
        ("aov: {value: spend / orders}", "aov: {value: spend / orders}\ngood: {value: not vip}"),
        "7:15: a trait cannot read a segment (vip): segments read traits",
    ),
    (("favourite: {top", "cart: {top"), "5:1: 'cart' cannot name a trait: it has a meaning in expressions"),
    (
        ("favourite: {top: product_viewed.category, within: 30d}", "Favourite: {top: product_viewed.category}"),
        "5:1: 'Favourite' cannot name a trait: use lower-case letters, digits and _ (did you mean 'favourite'?)",
    ),
    (
        ("favourite: {top: product_viewed.category, within: 30d}", "favourite: {}"),
        f"5:12: a trait needs one of {WAYS}",
    ),
    (
        ("favourite: {top: product_viewed.category, within: 30d}", "favourite: product_viewed"),
        "5:12: the trait favourite needs fields, as in `name: value`, not the text 'product_viewed'",
    ),
    (
        ("favourite: {top", "favourite: {count: feature_used, top"),
        f"5:12: a trait needs only one of {WAYS}",
    ),
    (("favourite: {top", "orders: {top"), "5:1: 'orders' stands twice; the first is in line 2"),
]

SEGMENTS = [
    (("when: spend >= 200", "wen: spend >= 200"), "2:1: a segment has no field 'wen' (did you mean 'when'?)"),
    (("when: spend >= 200", "when: spent >= 200"), "2:7: there is no trait or segment 'spent' (did you mean 'spend'?)"),
    (
        ("when: spend >= 200", "when: spend"),
        "2:7: the condition of a segment must be true or false, but 'spend' is money",
    ),
    (
        ("when: spend >= 200", "when: orders >= 2 and cart.totl > 5"),
        "2:23: the cart has no 'totl' (did you mean 'cart.total'?)",
    ),
    (("when: spend >= 200", "when: true"), "2:7: this condition never changes"),
    (("when: spend >= 200", "when: vip or spend >= 200"), "2:7: 'vip' reads itself"),
    (("when: spend >= 200", "when:"), "2:1: 'when' has no value"),
    (("when: spend >= 200", "when: [spend]"), "2:7: the condition of a segment must be a text, not a list"),
    (
        ("exit: spend < 100", "exit: spend * 2"),
        "3:7: the condition of leaving must be true or false, but 'spend * 2' is money",
    ),
    (
        ("when: spend >= 200", "when: >\n  orders >= 2\n  and spent > 5"),
        "4:7: there is no trait or segment 'spent' (did you mean 'spend'?)",
    ),
]

JOURNEY = [
    (("segment: vip", "segment: vpi"), "1:18: there is no segment 'vpi' (did you mean 'vip'?)"),
    (("segment: vip", "event: vip"), "1:16: there is no event 'vip'"),
    (("segment: vip", "segmnet: vip"), "1:9: enter has no field 'segmnet' (did you mean 'segment'?)"),
    (("      - when: aov", "      - wen: aov"), "9:9: an arm has no field 'wen' (did you mean 'when'?)"),
    (("segment: vip,", ""), "1:8: enter needs either a segment or an event"),
    (("segment: vip,", "segment: vip, event: feature_used,"), "1:8: enter needs either a segment or an event"),
    (("key: cart.id", "key: cart.items"), "1:28: a key must be a string or a number; cart.items is items"),
    (("again_after: 7d", "again_after: week"), "1:50: 'week' is no duration: write a number and a unit, as in 7d"),
    (
        ("exit_on: [order_completed]", "exit_on: [order_complete]"),
        "2:11: there is no event 'order_complete' (did you mean 'order_completed'?)",
    ),
    (("exit_on: [order_completed]", "exit_on: []"), "2:10: exit_on is an empty list"),
    (
        ("exit_on: [order_completed]", "exit_on: order_completed"),
        "2:10: exit_on must be a list, not the text 'order_completed' (did you mean '[order_completed]'?)",
    ),
    (
        ("exit_on: [order_completed]", "exit_on: [order_completed, order_completed]"),
        "2:28: 'order_completed' stands twice in exit_on",
    ),
    (("value: total", "value: totl"), "3:52: order_completed has no property 'totl' (did you mean 'total'?)"),
    (
        ("value: total", "value: gift"),
        "3:52: a goal's value must be money or a number; order_completed.gift is a boolean",
    ),
    (("within: 14d", "within: 0d"), "3:40: within cannot be '0d': it must be longer than nothing"),
    (
        ("  - wait: 1d\n", "  - wiat: 1d\n"),
        "6:5: a step needs one of trigger, wait, wait_until, wait_for, branch, split, choose, set, goto, end"
        " (did you mean 'wait'?)",
    ),
    (("  - wait: 1d\n", "  - wait: 1d\n    trigger: ad\n"), "6:5: a step needs only one of trigger, wait"),
    (("  - wait: 1d\n", "  - wait: 0d\n"), "6:11: a wait cannot be '0d': it must be longer than nothing"),
    (
        ("if_none: [product_viewed,", "if_none: [product_veiwed,"),
        "7:15: there is no event 'product_veiwed' (did you mean 'product_viewed'?)",
    ),
    (("if_none", "unless"), "7:5: a wait has no field 'unless' (did you mean 'if_none'?)"),
    (("trigger: ad", "trigger: add"), "10:18: there is no action 'add' (did you mean 'ad'?)"),
    (("when: aov >= 75", "when: aov"), "9:15: the condition of an arm must be true or false, but 'aov' is money"),
    (("when: aov >= 75", "otherwise: true"), "11:9: this arm is never reached: it stands after `otherwise`"),
    (("otherwise: true", "otherwise: false"), "11:20: `otherwise` can only be true"),
    (
        ("      - otherwise: true\n        steps:", "      - steps:"),
        "11:9: an arm needs either `when` or `otherwise: true`",
    ),
    (
        ("          - end: too little\n", "          - end: too little\n          - wait: 1h\n"),
        "15:13: this step is never reached: the run has ended at the step before",
    ),
]

OTHERS = [
    (("actions.yaml", "channel: email, ", ""), "1:7: an action needs the field 'channel'"),
    (
        ("actions.yaml", "valid_for: 2d", "valid_for: 2"),
        "2:66: '2' has no unit: write 2d or 2h",
    ),
    (("actions.yaml", "cart.items", "cart.itms"), "1:74: the cart has no 'itms' (did you mean 'cart.items'?)"),
    (("policy.yaml", "channel: email", "channel: emial"), "1:18: there is no channel 'emial' (did you mean 'email'?)"),
    (("policy.yaml", "at_most: 1", "at_most: 0"), "1:34: at_most must be a whole number of at least 1, not '0'"),
    (("policy.yaml", "at_most: 1", "at_most: 1.5"), "1:34: at_most must be a whole number of at least 1, not '1.5'"),
    (("policy.yaml", ", within: 16h", ""), "1:8: a cap needs either `within` or `per`"),
    (("policy.yaml", "caps", "cap"), "1:1: the policy has no field 'cap' (did you mean 'caps'?)"),
]

CASES = [
    ((file, *edit), problem)
    for file, cases in (
        ("events.yaml", PLAN),
        ("traits.yaml", TRAITS),
        ("segments/vip.yaml", SEGMENTS),
        ("journeys/hello.yaml", JOURNEY),
    )
    for edit, problem in cases
] + OTHERS


@pytest.mark.parametrize(
    ("edit", "problem"), CASES, ids=lambda value: value[2].strip()[:40] if isinstance(value, tuple) else ""
)
def test_a_mistake_gives_one_line_at_its_place(edit: Edit, problem: str) -> None:
    assert problems(edited(*edit)) == [f"{edit[0]}:{problem}"]
