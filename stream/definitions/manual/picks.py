"""The functions of payloads: they pick products."""

from typing import Final

from stream.definitions.manual.entries import Entry, Example, Section


def _sending(item: str, name: str) -> Example:
    """Return an example of an action with a picked product, sent an hour after something was put into the cart."""
    return Example(
        {
            "actions.yaml": f"{name}:\n  channel: email\n  purpose: marketing\n  template: {name}\n"
            f"  payload:\n    item: {item}\n    items: cart.items\n",
            "segments/left.yaml": "when: cart.quantity > 0 and since(cart.changed_at) >= 1h\n",
            "journeys/recover.yaml": f"enter: {{segment: left}}\nsteps: [{{trigger: {name}}}]\n",
            "journeys/recover.test.yaml": "- name: an hour after the last change\n  assume_consent: [marketing]\n"
            "  given:\n    - {at: 0h, event: product_added, with: {product_id: p1, price: 20}}\n  until: 2h\n"
            f"  expect:\n    - {{at: 1h, triggered: {name}}}\n    - {{at: 1h, ended: recover, because: completed}}\n",
        }
    )


FUNCTIONS: Final = Section(
    "payload functions",
    "Functions of payloads",
    "They pick products, and stand alone as the value of a field. The field holds the product's `id` and, where the"
    " catalogue knows them, its `name`, `price`, `category`, `brand`, `rating`, `url` and `image`. Further arguments"
    " are named, and each is a number or `True` or `False`, written out:\n\n"
    "- `n=3`: up to so many products, as a list; of 20 at most. Without it: one product, not in a list.\n"
    "- `min_rating=4.2`: with so many stars at least, from 0 to 5.\n"
    "- `in_stock=True`: known to be in stock. What is known to be sold out is never picked.\n"
    "- `same_category=True`: of the category of the product that is asked for, with `False` of another one.\n"
    "- `bought=True`: also what the user has bought before, as far as 100 products back.\n\n"
    "What lies in a cart of the user is never picked, nor what has left the catalogue. What is not known of a product"
    " passes no filter. Where there is nothing to pick, or no catalogue to check a filter by, or where the user has"
    " refused the purpose `personalisation`, it is the product itself; `why.picks` in the trigger says so. What is near"
    " to what is learnt anew once a day, see `learn_every` in the policy.",
    (
        Entry(
            "similar_to",
            "The product nearest to another one, by what users view together.",
            bound="the 20 products viewed last, the 20 put into a cart last and the 100 bought last, with their times.",
            example=_sending("similar_to(cart.dearest_item, min_rating=4.2, in_stock=True)", "similar_item"),
        ),
        Entry(
            "goes_with",
            "The product nearest to another one, or to all of `cart.items`, by what users buy together within 30 days.",
            bound="as for `similar_to`.",
            example=_sending("goes_with(cart.items, same_category=False, n=3)", "goes_with_your_cart"),
        ),
    ),
)
