"""A strict reader of pages: every tag is closed in its order, ids are unique, links inside lead somewhere."""

from collections import Counter
from html.parser import HTMLParser

VOID = {"meta", "br", "line", "polyline", "img", "input", "hr", "link"}


class Page(HTMLParser):
    """A page read; `text` is what a reader sees, `tags` counts elements, `tables` those without a caption."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: Counter[str] = Counter()
        self.ids: Counter[str] = Counter()
        self.links: set[str] = set()
        self.outside: list[str] = []
        self.text = ""
        self.feed(page)
        self.close()
        assert not self.open, self.open
        assert max(self.ids.values(), default=1) == 1
        assert {link.removeprefix("#") for link in self.links} <= self.ids.keys()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        if tag not in VOID:
            self.open.append(tag)
        for name, value in attrs:
            assert not name.startswith("on"), name
            if name == "id":
                self.ids[value or ""] += 1
            if name == "href":
                (self.links.add if (value or "").startswith("#") else self.outside.append)(value or "")
            if name in ("src", "srcset", "action"):
                self.outside.append(value or "")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        assert tag in VOID

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, tag

    def handle_data(self, data: str) -> None:
        self.text += "" if self.open[-1:] == ["style"] else data
