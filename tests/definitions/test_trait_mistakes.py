import pytest

from tests.definitions.config_text import edited, problems

# A bar stands before the place of the mistake.
VIEWS = "views_7d: {count: product_viewed, within: 7d}"

CASES = [
    (
        "{count: product_viewed, where: |ratng > 3}",
        "product_viewed has no property 'ratng' (did you mean 'rating'?)",
    ),
    (
        "{count: product_viewed, where: rating > |'a'}",
        "rating is a number: write it without quotes",
    ),
    (
        "{count: product_viewed, where: |rating}",
        "the condition on an event must be true or false, but 'rating' is a number",
    ),
    ("{count: product_viewed, where: 1 < 2 and |orders > 3}", "product_viewed has no property 'orders'"),
    (
        "{count: product_viewed, where: |since(at) > 1d}",
        "since(...) has no meaning in a condition on product_viewed: it is asked once",
    ),
    (
        "{count: product_viewed, where: |cart.total > 5}",
        "'cart.total' has no meaning in a condition on product_viewed: name its properties",
    ),
    ("{count: product_viewed, where: |true}", "this condition never changes"),
    (
        "{sum: |order_completed.products[].quantty}",
        "order_completed has no property 'products[].quantty' (did you mean 'products[].quantity'?)",
    ),
    (
        "{sum: |order_completed.products[].sku}",
        "'sum' needs integer, number, money or duration; order_completed.products[].sku is a string",
    ),
    ("{distinct: |order_completed.products}", "'products' is a list: write order_completed.products[].PROPERTY"),
    (
        "{count: |order_completed.products[].sku}",
        "'count' takes the elements themselves: write order_completed.products[]",
    ),
    ("{count: |order_completed.prodcts[]}", "order_completed has no list 'prodcts' (did you mean 'products'?)"),
    ("{count: |order_completed.gift[]}", "order_completed has no list 'gift'"),
    ("{gap: |order_completed.products[]}", "'gap' takes an event, not a property: write 'order_completed'"),
    (
        "{count: order_completed, where: |products[].quantity > 1}",
        "'products[].quantity' is asked of elements, but this trait is not fed those: see 'products[]'",
    ),
    (
        "{count: 'order_completed.products[]', where: 'products[].quantity == |\"a\"'}",
        "products[].quantity is a number: write it without quotes",
    ),
    (
        "{count: 'order_completed.products[]', by: |products[].prise}",
        "order_completed has no property 'products[].prise' (did you mean 'products[].price'?)",
    ),
    (
        "{count: order_completed, by: |products[].sku}",
        "a key of elements is for what is fed elements, as order_completed.products[] is",
    ),
    (
        "{count: product_viewed, this: |mnth}",
        "'this' is day, week, month, quarter or year, not 'mnth' (did you mean 'month'?)",
    ),
    (
        "{count: product_viewed, previous: |3 mnths}",
        "'previous' is a period or some of them, as in 3 months, not '3 mnths' (did you mean 'month'?)",
    ),
    ("{count: product_viewed, previous: |7d}", "'previous' is a period or some of them, as in 3 months, not '7d'"),
    (
        "{count: product_viewed, previous: |0 days}",
        "'previous' can be 1 to 100 periods, since all of them are kept",
    ),
    (
        "{count: product_viewed, previous: |366 days}",
        "'previous' can be 1 to 100 periods, since all of them are kept",
    ),
    ("{count: product_viewed, within: 7d, |this: week}", "'this' has no meaning beside 'within'"),
    ("{count: product_viewed, this: week, |previous: week}", "'previous' has no meaning beside 'this'"),
    ("{last: product_viewed.category, |this: week}", "'this' has no meaning beside 'last'"),
    (
        "{count: product_viewed, this: week, |ending: 7d}",
        "'ending' needs 'within': it says how long ago that window ended",
    ),
    (
        "{count: product_viewed, |half_life: 7d, this: week}",
        "'half_life' has no meaning beside a window: what is old fades instead of leaving",
    ),
    (
        "{count: product_viewed, where: 'weekday(at) == |\"sunnday\"'}",
        "there is no weekday 'sunnday': they are monday, tuesday, wednesday, thursday, friday, saturday, sunday"
        " (did you mean 'sunday'?)",
    ),
    (
        '{count: product_viewed, where: \'month(at) in ("may", |"June")\'}',
        "there is no month 'June': they are january, february, march, april, may, june, july, august, september, "
        "october, november, december (did you mean 'june'?)",
    ),
    ("{count: product_viewed, where: hour(at) == |24}", "there is no hour 24: they go from 0 to 23"),
    ("{count: product_viewed, where: hour(|rating) == 4}", "hour(...) needs a time; rating is a number"),
    ("{count: product_viewed, where: 'during(at, |christmas)'}", "there is no season 'christmas' in calendar.yaml"),
    ("{count: product_viewed, where: |during(at)}", "during(...) takes 2 arguments"),
    ("{count: product_viewed, where: 'category in (\"a\", |5)'}", "5 is no constant of the type of category, a string"),
    (
        "{count: product_viewed, where: 'category in (\"a\", |category)'}",
        "category is no constant of the type of category, a string",
    ),
    ("{count: product_viewed, where: |category in ()}", "'category in ()': name what it may be, as in ('a', 'b')"),
    (
        "{count: product_viewed, |were: rating > 3}",
        "a trait has no field 'were' (did you mean 'where'?)",
    ),
    ("{value: orders + 1, |where: rating > 3}", "'where' has no meaning beside 'value'"),
    (
        "{sum: order_completed.total, minus: |order_refnded.total}",
        "there is no event 'order_refnded' (did you mean 'order_completed'?)",
    ),
    (
        "{sum: order_completed.total, minus: |product_viewed.rating}",
        "what is taken off must be money too; product_viewed.rating is a number",
    ),
    (
        "{sum: order_completed.total, minus: |product_viewed.category}",
        "'sum' needs integer, number, money or duration; product_viewed.category is a string",
    ),
    (
        "{sum: order_completed.total, minus: |order_completed}",
        "'sum' takes a property of an event, as in order_completed.PROPERTY",
    ),
    (
        "{count: order_completed, minus: |product_viewed.rating}",
        "'count' takes an event, not a property: write 'product_viewed'",
    ),
    ("{avg: order_completed.total, |minus: order_completed.total}", "'minus' has no meaning beside 'avg'"),
    (
        "{count: order_completed, minus: product_viewed, where: |gift}",
        "product_viewed has no property 'gift'",
    ),
    (
        "{count: product_viewed, by: |categry}",
        "product_viewed has no property 'categry' (did you mean 'category'?)",
    ),
    ("{count: order_completed, by: |gift}", "keys are a string or an integer; order_completed.gift is a boolean"),
    ("{max: product_viewed.rating, |by: category}", "'by' has no meaning beside 'max'"),
    ("{count: product_viewed, minus: product_viewed, |by: category}", "'by' has no meaning beside 'minus'"),
    ("{value: top(|orders) == 'a'}", "orders is not kept by key, as a trait is that has 'by'"),
    ("{value: \"orders + |orders['a']\"}", "orders is not kept by key, as a trait is that has 'by'"),
    ("|{nth: order_completed.at}", "'nth' needs the field 'n'"),
    ("{nth: order_completed.at, n: |0}", "'n' must be a whole number of at least 1, not '0'"),
    ("{nth: order_completed.at, n: |101}", "'n' can be at most 100: so many occurrences are kept"),
    ("{nth: order_completed.at, n: 2, |within: 7d}", "'within' has no meaning beside 'nth'"),
    ("{gap: order_completed, last: |1}", "'last' must be a whole number of at least 2, not '1'"),
    ("{gap: |order_completed.at}", "'gap' takes an event, not a property: write 'order_completed'"),
    ("{gap: order_completed, |n: 2}", "'n' has no meaning beside 'gap'"),
    ("|{open: product_viewed, by: category}", "'open' needs the field 'until'"),
    ("|{open: product_viewed, until: product_added}", "'open' needs the field 'by'"),
    (
        "{open: product_viewed, until: |product_aded, by: category}",
        "there is no event 'product_aded' (did you mean 'product_added'?)",
    ),
    ("{open: product_viewed, until: product_added, by: |category}", "product_added has no property 'category'"),
    ("|{rate: product_viewed, within: 7d}", "'rate' needs the field 'per'"),
    (
        "{rate: product_viewed, per: |product_vewed}",
        "there is no event 'product_vewed' (did you mean 'product_viewed'?)",
    ),
    ("{rate: product_viewed, per: product_added, min: |0}", "'min' must be a whole number of at least 1, not '0'"),
    (
        "{streak: product_viewed, every: |dai}",
        "'every' is day, week, month, quarter or year, not 'dai' (did you mean 'day'?)",
    ),
    ("{streak: product_viewed, |within: 7d}", "'within' has no meaning beside 'streak'"),
    ("{streak: |product_viewed.rating}", "'streak' takes an event, not a property: write 'product_viewed'"),
    ("{set: |product_viewed.rating}", "'set' needs string; product_viewed.rating is an integer"),
    ("{count: product_viewed, |per: product_added}", "'per' has no meaning beside 'count'"),
    ("{count: product_viewed, |ending: 7d}", "'ending' needs 'within': it says how long ago that window ended"),
    ("{last: product_viewed.at, within: 7d, |ending: 7d}", "'ending' has no meaning beside 'last'"),
    ("{distinct: product_viewed.category, within: 7d, |ending: 7d}", "'ending' has no meaning beside 'distinct'"),
    (
        "{count: product_viewed, within: 7d, ending: |92d}",
        "'ending' can lie back at most 13 times the length of the window, which is 7d",
    ),
    (
        "{sequence: |product_viewed, span: 1h}",
        "a sequence is a list of events, as in [product_viewed, product_added]",
    ),
    ("{sequence: |[product_viewed], span: 1h}", "a sequence has at least 2 steps and at most 8"),
    (
        "{sequence: [product_viewed, |product_aded], span: 1h}",
        "there is no event 'product_aded' (did you mean 'product_added'?)",
    ),
    (
        "{sequence: [product_viewed, {|evnt: product_added}]}",
        "a step has no field 'evnt' (did you mean 'event'?)",
    ),
    (
        "{sequence: [{event: product_viewed, where: |ratng > 3}, product_added]}",
        "product_viewed has no property 'ratng' (did you mean 'rating'?)",
    ),
    (
        "{sequence: [product_viewed, product_added], by: |category}",
        "product_added has no property 'category'",
    ),
    (
        "{sequence: [product_viewed, product_added], without: |featur_used}",
        "there is no event 'featur_used' (did you mean 'feature_used'?)",
    ),
    (
        "{sequence: [product_viewed, product_added], |where: rating > 3}",
        "'where' has no meaning beside 'sequence'",
    ),
    (
        "{sequence: [product_viewed, product_added], span: |1}",
        "'1' has no unit: write 1d or 1h",
    ),
    (
        "{sequence_rate: [product_viewed, product_added], min: |0}",
        "'min' must be a whole number of at least 1, not '0'",
    ),
    ("{count: product_viewed, |span: 1h}", "'span' has no meaning beside 'count'"),
    (
        "{count: product_viewed, within: 7d, |half_life: 7d}",
        "'half_life' has no meaning beside a window: what is old fades instead of leaving",
    ),
    ("{max: product_viewed.rating, |half_life: 7d}", "'half_life' has no meaning beside 'max'"),
    ("{count: product_viewed, half_life: |7}", "'7' has no unit: write 7d or 7h"),
    ("{count: product_viewed, half_life: |0d}", "half_life cannot be '0d': it must be longer than nothing"),
    ("{count: product_viewed, |halflife: 7d}", "a trait has no field 'halflife' (did you mean 'half_life'?)"),
    ("{count: product_viewed, within: 7d, ending: |0d}", "ending cannot be '0d': it must be longer than nothing"),
]


@pytest.mark.parametrize(("trait", "problem"), CASES)
def test_each_mistake_in_a_trait_is_one_line_at_its_place(trait: str, problem: str) -> None:
    line = f"tested: {trait}"
    changes = edited("traits.yaml", VIEWS, f"{VIEWS}\n{line.replace('|', '')}")
    assert problems(changes) == [f"traits.yaml:2:{line.index('|') + 1}: {problem}"]
