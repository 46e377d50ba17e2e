"""Which lessons are taken when."""

from vidqa.training.order import lessons_of, seed_of


def test_every_pass_takes_each_lesson_once_in_an_order_of_its_own() -> None:
    taken = [number for step in range(15) for number in lessons_of(step, seed=1, total=20, batch=4)]
    passes = [taken[start : start + 20] for start in (0, 20, 40)]
    assert all(sorted(one) == list(range(20)) for one in passes)
    assert passes[0] != passes[1] != passes[2]


def test_machines_share_what_one_would_take() -> None:
    alone = [lessons_of(step, seed=1, total=9, batch=6) for step in range(6)]
    shared = [
        [
            number
            for rank in range(3)
            for number in lessons_of(step, seed=1, total=9, batch=2, rank=rank, ranks=3)
        ]
        for step in range(6)
    ]
    assert alone == shared


def test_seeds_differ() -> None:
    first = [lessons_of(step, seed=1, total=50, batch=5) for step in range(3)]
    assert first == [lessons_of(step, seed=1, total=50, batch=5) for step in range(3)]
    assert first != [lessons_of(step, seed=2, total=50, batch=5) for step in range(3)]
    assert len({seed_of(a, b) for a in range(30) for b in range(30)}) == 900
