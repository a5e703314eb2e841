from stream.definitions.ordering import cycle_text, in_order


def test_a_name_comes_after_what_it_reads_wherever_it_was_defined() -> None:
    order, cycles = in_order({"c": ["b"], "b": ["a"], "a": [], "d": ["a", "c"]})
    assert (order, cycles) == (["a", "b", "c", "d"], [])


def test_what_is_not_among_the_names_does_not_count() -> None:
    assert in_order({"a": ["cart", "orders"]}) == (["a"], [])


def test_a_cycle_begins_with_the_name_defined_first_and_follows_the_reading() -> None:
    _, cycles = in_order({"a": ["c"], "b": ["a"], "c": ["b"], "d": ["a"]})
    assert cycles == [["a", "c", "b"]]
    assert cycle_text(cycles[0]) == "a circle: 'a' reads 'c', 'c' reads 'b', 'b' reads 'a'"


def test_all_cycles_are_found_those_that_share_a_name_too() -> None:
    _, cycles = in_order({"a": ["b", "c"], "b": ["a"], "c": ["a"], "d": ["d"]})
    assert sorted(map(sorted, cycles)) == [["a", "b"], ["a", "c"], ["d"]]


def test_a_name_that_reads_itself_is_a_cycle_of_one() -> None:
    assert cycle_text(in_order({"a": ["a"]})[1][0]) == "'a' reads itself"
