import pytest

from swarmd.publishing.addresses import PublishAt, publish_at


def test_addresses_are_each_taken_once() -> None:
    assert publish_at(["10.0.0.1", " [::1] ", "10.0.0.1"], "30000-30010") == PublishAt(
        ("10.0.0.1", "::1"), 30000, 30010
    )
    assert publish_at([], "20000-29999") == PublishAt()


@pytest.mark.parametrize(
    ("address", "range_", "words"),
    [
        ("host-a", "20000-29999", "--publish: 'host-a' is not an IP address"),
        ("10.0.0.1:80", "20000-29999", "--publish: '10.0.0.1:80' is not"),
        ("10.0.0.1", "20000", "--publish-range: '20000' is not FIRST-LAST"),
        ("10.0.0.1", "1-2", "not a range between 1024 and 65535"),
        ("10.0.0.1", "3000-2000", "not a range"),
        ("10.0.0.1", "3000-70000", "not a range"),
    ],
)
def test_what_is_wrong_names_its_option(address: str, range_: str, words: str) -> None:
    with pytest.raises(ValueError, match=words.replace("(", r"\(")):
        publish_at([address], range_)
