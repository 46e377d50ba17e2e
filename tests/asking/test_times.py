"""Times in questions: where they lie, and what is none."""

import pytest

from vidqa.engine.asking.question.times import named_time

HOUR = (0.0, 3600.0)


@pytest.mark.parametrize(
    ("question", "start_s", "end_s"),
    [
        ("What happens at 12:30?", 740, 760),
        ("what happens at 1:02:03", 3713, 3733),
        ("12:30: what is it?", 740, 760),
        ("What is shown (12:30)?", 740, 760),
        ("What was said @ 9:45", 575, 595),
        ("What does he say at two minutes thirty seconds?", 140, 160),
        ("What is seen at 1h2m?", 3710, 3730),
        ("Who is there at the 5 minute mark?", 290, 310),
        ("20 minutes in, what is shown?", 1190, 1210),
        ("What happens after 20 minutes?", 1190, 1210),
        ("What happens after 12:30?", 750, 810),
        ("What is shown from 5:00 on?", 300, 3600),
        ("Before 2:00, what happens?", 0, 120),
        ("What is said between 1:00 and 2:30?", 60, 150),
        ("from 12 minutes to 10 minutes, what?", 600, 720),
        ("What happens 1:00-2:00?", 60, 120),
        ("What is said between 5 and 10 minutes?", 300, 600),
        ("What is at 90s?", 80, 100),
        ("an hour in, who speaks?", 3590, 3610),
        ("What is said in the last five minutes?", 3300, 3600),
        ("In the first minute, who speaks?", 0, 60),
        ("What do the first 90 seconds of the video show?", 0, 90),
        ("What is in the second half?", 1800, 3600),
        ("What is in the last quarter of the film?", 2700, 3600),
        ("What is in the 3rd minute?", 120, 180),
        ("What is in minute 12?", 660, 780),  # as it is counted, and as players show it
        ("What is at the end of the video?", 3555, 3600),
        ("How does it end?", 3555, 3600),
        ("What is said at the beginning?", 0, 45),
        ("What happens in the middle?", 1777.5, 1822.5),
        ("第三分钟发生了什么？", 120, 180),
        ("第12分钟", 660, 720),
        ("最后5分钟讲了什么", 3300, 3600),
        ("前两分钟", 0, 120),
        ("在12:30发生了什么", 740, 760),
        ("12分30秒时有什么", 740, 760),
        ("从1分钟到2分钟", 60, 120),
        ("结尾是什么", 3555, 3600),
        ("最後の5分で何が起こる", 3300, 3600),
        ("3分目に何がある", 120, 180),
        ("Was passiert um 12:30?", 740, 760),
        ("Was passiert in den letzten fünf Minuten?", 3300, 3600),
        ("Was ist am Ende?", 3555, 3600),
        ("que se passe-t-il dans les 5 dernières minutes ?", 3300, 3600),
        ("¿Qué pasa en los últimos dos minutos?", 3480, 3600),
    ],
)
def test_a_time(question: str, start_s: float, end_s: float) -> None:
    named = named_time(question, HOUR)
    assert named is not None
    assert (named.start_s, named.end_s) == (start_s, end_s)
    assert named.phrase in question.replace("\uff1f", "?")
    assert len(named.rest) < len(question)


@pytest.mark.parametrize(
    "question",
    [
        "What about the 12:30 train?",
        "At the 12:30 train, what?",
        "What happens at 12:30 pm?",
        "What does he do at 9:15 in the morning?",
        "Was passiert um 12:30 Uhr?",
        "Who is the last person?",
        "Who was in the car?",
        "How does it start raining?",
        "Who ran 100 m in ten seconds?",
        "Who is there, at 100 m?",
        "What did he do after a second attempt?",
        "Who speaks last?",
        "Who came first?",
        "What is the second thing?",
        "Do you bake it for 20 minutes?",
        "What can you cook in 5 minutes?",
        "What do you do after 20 minutes of baking?",
        "What is the first minute of silence for?",
        "What is at the end of the corridor?",
        "What is the first half of the apple for?",
        "Is he a second late?",
        "What did she say a minute ago?",
        "How many seconds are in a minute?",
        "What is the score, 3:2?",
        "What does John 3:16 say about it?",
        "What is 16:09 as a ratio of screens?",
        "最后一个人是谁",
    ],
)
def test_no_time(question: str) -> None:
    assert named_time(question, HOUR) is None


def test_ends_are_those_of_what_is_watched() -> None:
    named = named_time("What is said in the last minute?", (600.0, 900.0))
    assert named is not None
    assert (named.start_s, named.end_s) == (840, 900)
    named = named_time("In the first minute, what?", (600.0, 900.0))
    assert named is not None
    assert (named.start_s, named.end_s) == (600, 660)
