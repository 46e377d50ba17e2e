import pytest

from vidqa.media.words.telemetry import is_telemetry
from vidqa.types import Cue

DRONE = (
    "SrtCnt : {n}, DiffTime : 33ms 2023-04-11 10:21:{s:02}.123 [iso : 100] [shutter : 1/640.0] "
    "[fnum : 280] [ev : 0] [latitude: 22.5{n}] [longitude: 113.9{n}] [rel_alt: {n}.5 abs_alt: 44.1]"
)
OLD_DRONE = (
    "F/2.8, SS 206.14, ISO 100, EV 0, GPS (14.{n}, 60.5, 15), D 1.99m, H 2.{n}m, H.S 0.00m/s"
)
DASHCAM = "2021/03/01 12:00:{s:02} N:37.5{n} E:127.0{n} {n} KM/H X:0.1 Y:-0.2 Z:0.98"
OWN_NAMES = "Akku {n}% Drehzahl {n}00 Druck 1.{n} bar"


def cues(form: str, count: int, *, every_s: float = 1.0, first: int = 1) -> list[Cue]:
    numbers = range(first, first + count)
    return [
        Cue(n * every_s, (n + 1) * every_s, form.format(n=n, s=n % 60, m=n + 2, sum=n * (n + 2)))
        for n in numbers
    ]


@pytest.mark.parametrize(
    "said",
    [
        cues(DRONE, 100, every_s=0.1),
        cues(DRONE, 1),
        cues(OLD_DRONE, 30),
        cues(DASHCAM, 5),
        cues("2021-03-01 12:00:{s:02}", 9),
        cues("{n} km/h", 40, every_s=0.5),
        cues("Speed: {n} km/h | Alt: 1{n} m", 6),
        cues(OWN_NAMES, 12),
        [*cues(DRONE, 9), Cue(99, 100, "recording ends")],
    ],
)
def test_readings_are_known(said: list[Cue]):
    assert is_telemetry(said)


@pytest.mark.parametrize(
    "said",
    [
        [],
        cues("{n}", 10),  # a countdown
        cues("{n} times {m} is {sum}", 30, every_s=3.0),  # learnt by heart
        cues("Number {n}", 15),
        [Cue(0, 2, "The answer is 42")],
        [Cue(0, 2, "Call 555 1234 or 555 4321 now"), Cue(3, 4, "We open at 9.")],
        [Cue(0, 2, "In 1969, on July 20 at 20:17, they landed."), Cue(3, 4, "Nobody slept.")],
        [Cue(n, n + 0.9, text) for n, text in enumerate(["Yes.", "No."] * 20)],
        [Cue(0, 2, "ISO 100, please."), Cue(3, 5, "And the shutter at 1/60.")],
        [*cues("Where were you at 1{n}:30?", 6, every_s=3.0), Cue(30, 31, "At home.")],
    ],
)
def test_words_are_words(said: list[Cue]):
    assert not is_telemetry(said)
