"""A config in which each part of a reason has a part."""

FILES = {
    "events.yaml": """\
currency: USD
topics:
  clickstream: {product_viewed: {product_id: string, category: string}}
  cart:
    product_added: {product_id: {type: string, required: true}, price: money}
    order_completed: {order_id: string, total: money}
  email: {email_delivered: {trigger_id: string}, unsubscribed: }
  people:
    identify: {email: string, phone: string, timezone: string}
    consent_changed: {purpose: string, granted: boolean}
""",
    "traits.yaml": """\
orders: {count: order_completed}
spend: {sum: order_completed.total}
views: {count: product_viewed, by: category, within: 7d}
last_view_at: {last: product_viewed.at}
""",
    "segments/abandoner.yaml": "when: cart.quantity > 0 and since(cart.changed_at) >= 1h\n",
    "segments/stage.yaml": "tiers: {buyer: orders >= 1, visitor: otherwise}\n",
    "actions.yaml": """\
cart_email:
  channel: email
  purpose: marketing
  template: cart
  tier: recovery
  value: cart.total
  weight: 2
  eligible: not was(stage.buyer, 1h)
  applicable: cart.quantity > 0 and top(views) in ("hats", "shoes")
  payload: {items: cart.items, total: cart.total, like: similar_to(cart.dearest_item)}
  plain_payload: {total: cart.total}
cart_sms: {channel: sms, purpose: [marketing, texting], template: cart, tier: recovery, needs: [phone]}
dear_ad: {channel: ads, purpose: marketing, template: dear, tier: recovery, tags: [discount], fallback: cheap_ad}
cheap_ad: {channel: ads, purpose: marketing, template: cheap, tier: recovery, withdrawn_on_exit: true, valid_for: 3d}
stop_ads: {channel: ads, purpose: service, template: stop, tier: recovery}
news_email: {channel: email, purpose: marketing, template: news, tier: care}
news_push: {channel: push, purpose: marketing, template: news, tier: care}
offer_push: {channel: push, purpose: marketing, template: offer, tier: care, tags: [discount]}
receipt: {channel: email, purpose: service, template: receipt, tier: recovery, transactional: true}
""",
    "policy.yaml": """\
tiers: [recovery, care]
caps:
  - {channel: email, at_most: 1, per: day}
  - {channel: email, at_most: 3, within: 7d, count: delivered}
  - {channel: push, at_most: 2, within: 1d, on_cap: defer}
quiet_hours: [{channels: [sms], between: 20:00-09:00, then: defer}]
exclusive: {discount: {of: [{tag: discount}], within: 14d}}
holdout: {everything: 5%, journeys: 10%}
without_consent: [service]
""",
    "journeys/recovery.yaml": """\
enter: {segment: abandoner, key: cart.id, again_after: 1h}
exit_on: [order_completed]
on_exit: [{trigger: stop_ads, after: [cheap_ad, dear_ad]}]
goal: {event: order_completed, within: 14d}
steps:
  - trigger: cart_email
  - wait: 11h
  - branch:
      - when: cart.total >= 100 or orders >= 3
        trigger: dear_ad
      - when: default(views["hats"], 0) >= 1
        trigger: cheap_ad
  - trigger: cart_sms
""",
    "journeys/news.yaml": """\
enter: {event: product_viewed, where: category != "none", again_after: 6h}
capture: {seen: event.category}
goal: {event: product_added, within: 7d}
steps:
  - branch:
      - when: default(views[run.seen], 0) >= 3
        end: knows it all
  - trigger: news_push
    with: {about: run.seen}
  - choose: [news_email, news_push, offer_push]
    policy: thompson
    explore: 10%
""",
    "journeys/again.yaml": """\
enter: {segment: stage.buyer, once: true}
steps: [{trigger: receipt}, {wait: 1h}, {trigger: cart_email}]
""",
    "journeys/tip.yaml": "enter: {segment: abandoner, again_after: 1h}\nsteps: [{trigger: news_push}]\n",
}
