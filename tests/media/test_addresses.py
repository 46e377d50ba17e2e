"""What an address may be, and that none shows its password or key."""

import pytest

from vidqa.errors import UsageError
from vidqa.system.remote.addresses import (
    as_path,
    file_name,
    folder_of,
    is_address,
    require_readable,
    shown,
    without_secrets,
)


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("s3://bucket/clip.mp4", True),
        ("HTTPS://example.org/a.mp4", True),
        ("abfs+x.y-1://a", True),
        ("clip.mp4", False),
        ("a/b://c.mp4", False),
        ("c:/clip.mp4", False),
        ("1s://x", False),
    ],
)
def test_what_is_an_address(word: str, expected: bool) -> None:
    assert is_address(word) == expected


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("https://me:secret@example.org/a.mp4", "https://example.org/a.mp4"),
        ("https://token@example.org:8443/a.mp4#t=3", "https://example.org:8443/a.mp4"),
        ("HTTP://example.org/\u00fc.mp4", "http://example.org/\u00fc.mp4"),
        ("ftp://me:secret@example.org/a.mp4", "ftp://me@example.org/a.mp4"),
        ("ftp://me:se@cret@example.org/a.mp4", "ftp://me@example.org/a.mp4"),
        ("abfs://films@account.example.net/a.mp4", "abfs://films@account.example.net/a.mp4"),
        ("hf://datasets/who/films@main/a.mp4", "hf://datasets/who/films@main/a.mp4"),
        ("s3://bucket/odd #1?.mp4", "s3://bucket/odd #1?.mp4"),
        ("s3://bucket/who? me.mp4", "s3://bucket/who? me.mp4"),
    ],
)
def test_passwords_are_not_shown(address: str, expected: str) -> None:
    assert shown(address) == expected
    assert shown(expected) == expected


def test_what_is_behind_a_question_mark_is_not_shown_but_counts() -> None:
    one, other = (shown(f"https://example.org/watch?key=hunter{number}") for number in (1, 2))
    assert one != other
    assert "hunter" not in one
    assert one.startswith("https://example.org/watch?~")
    assert shown("https://example.org?key=hunter2").startswith("https://example.org?~")


@pytest.mark.parametrize(
    "address",
    ["s3://b/k.mp4?X-Amz-Signature=SECRET", "az://c/b.mp4?sv=1&sig=SECRET", "webdav://h/x?SECRET"],
)
def test_keys_are_not_shown_whatever_the_scheme(address: str) -> None:
    assert "SECRET" not in shown(address)
    assert "SECRET" not in file_name(address)


def test_nothing_secret_stays_in_the_words_of_others() -> None:
    address = "https://me:s%20ecret@example.org/a.mp4?token=abc/def&other=1"
    said = f"no route to {address}; the key is s ecret or s%20ecret, or abc/def"
    expected = f"no route to {shown(address)}; the key is ... or ..., or ..."
    assert without_secrets(said, address) == expected
    other = "url='http://elsewhere.example.org/x.mp4?sig=SECRET' refused"
    assert without_secrets(other, address).startswith("url='http://elsewhere.example.org/x.mp4?...")


def test_short_words_stay_words() -> None:
    said = "the server is gone: Cannot connect to host h:443 ssl:default"
    assert without_secrets(said, "https://u:pw@h/a.mp4?v=e") == said
    assert without_secrets("no namespace/name", "hf://a") == "no namespace/name"


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("s3://bucket/a/clip.mp4", "clip.mp4"),
        ("s3://bucket/a/odd #1?.mp4", "odd #1?.mp4"),
        ("s3://bucket/a/100%25.mp4", "100%25.mp4"),
        ("https://example.org/my%20clip.mp4?name=x/y.mov#z", "my clip.mp4"),
        ("https://example.org/a%2Fb.mp4", "b.mp4"),
        ("https://example.org/a%2F..", "clip"),
        ("https://example.org/", "clip"),
        ("s3://bucket/a/two\nlines\0.mp4", "two_lines_.mp4"),
    ],
)
def test_a_copy_is_called_like_its_clip(address: str, name: str) -> None:
    assert file_name(address) == name


def test_a_name_that_no_file_can_have_is_refused() -> None:
    with pytest.raises(UsageError, match="too long for a file"):
        file_name("s3://bucket/" + "\u00fc" * 120 + ".mp4")


@pytest.mark.parametrize(
    ("address", "by_hand", "why"),
    [
        ("file:///home/me/a.mp4", True, "names a file of this machine"),
        ("zip://a.mp4::https://me:secret@h/x.zip", True, "inside another"),
        ("simplecache::https://me:secret@h/a.mp4", True, "inside another"),
        ("s3://b/a.zip::https://me:secret@h/a.mp4", True, "inside another"),
        ("https://me:secret@example.org/a.mp4", False, "a list may name files and object stores"),
        ("sftp://me:secret@example.org/a.mp4", False, "a list may name"),
        ("s3://", True, "names nothing"),
        ("https:///a.mp4", True, "names nothing"),
        ("s3://*.mp4", True, "stands for buckets"),
    ],
)
def test_addresses_that_are_not_read(address: str, by_hand: bool, why: str) -> None:
    with pytest.raises(UsageError, match=why) as caught:
        require_readable(address, by_hand=by_hand)
    assert "secret" not in caught.value.message


def test_addresses_that_are_read() -> None:
    require_readable("https://[::1]:8080/a.mp4", by_hand=True)
    require_readable("s3://bucket/a::b.mp4", by_hand=False)
    require_readable("HF://datasets/who/films/a.mp4", by_hand=False)


def test_addresses_have_places_in_one_tree() -> None:
    assert str(as_path("s3://bucket/a//b.mp4")) == "/s3/bucket/a/b.mp4"
    assert folder_of("s3://bucket/a/b.mp4") == "s3://bucket/a"
