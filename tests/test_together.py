"""Several clips in one forward: the same answers as one by one, but for rounding."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from test_engine import clip, model  # noqa: F401  (fixtures)
from vidqa.engine import Model
from vidqa.engine.local import together
from vidqa.engine.local.together import ALONE, answer_together
from vidqa.errors import NotEnoughMemoryError, UsageError
from vidqa.network.inference.token_sampling import Sampling
from vidqa.types import Answer

pytestmark = pytest.mark.numbers


def texts(results: object) -> list[str]:
    assert isinstance(results, list)
    assert all(isinstance(one, Answer) for one in results)
    return [one.text for one in results]


def test_every_family_answers_alike_together_and_alone(model: Model, clip: Path) -> None:  # noqa: F811
    clips = [model.watch(clip, frames=count) for count in (1, 4, 2)]
    alone = [one.ask("Who is it?", max_new_tokens=12).text for one in clips]
    results = answer_together(clips, "Who is it?", max_new_tokens=12)
    assert texts(results) == alone
    for one in results:
        assert isinstance(one, Answer)
        assert (one.batch == 3) != (ALONE in one.warnings)
        assert one.to_record().get("batch", 1) == one.batch


def test_draws_are_those_of_the_seed(model: Model, clip: Path) -> None:  # noqa: F811
    clips = [model.watch(clip, frames=count) for count in (3, 2)]
    how = {"temperature": 0.8, "seed": 7, "max_new_tokens": 8}
    alone = [one.ask("Who?", **how).text for one in clips]  # type: ignore[arg-type]
    assert texts(answer_together(clips, "Who?", **how)) == alone  # type: ignore[arg-type]


def test_where_memory_is_short_fewer_are_written_together(
    model: Model,  # noqa: F811
    clip: Path,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("vidqa.engine.local.together.free_memory_bytes", lambda _: 0)
    clips = [model.watch(clip, frames=2)] * 2
    results = answer_together(clips, "Who?", max_new_tokens=4)
    assert [one.batch for one in results if isinstance(one, Answer)] == [1, 1]


@pytest.mark.parametrize(("most", "batches"), [(2, [2, 2, 2, 2]), (1, [1, 1, 1, 1]), (0, [])])
def test_where_memory_runs_out_halves_follow_each_other(
    model: Model,  # noqa: F811
    clip: Path,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    most: int,
    batches: list[int],
) -> None:
    write = together._write

    def limited(drafts: Sequence[together.Draft], sampling: Sampling) -> None:
        if len(drafts) > most:
            raise NotEnoughMemoryError("too many")
        write(drafts, sampling)

    monkeypatch.setattr(together, "_write", limited)
    clips = [model.watch(clip, frames=1 + number % 2) for number in range(4)]
    results = answer_together(clips, "Who?", max_new_tokens=6)
    if not batches:
        assert all(isinstance(one, NotEnoughMemoryError) for one in results)
        return
    alone = [one.ask("Who?", max_new_tokens=6).text for one in clips]
    assert texts(results) == alone
    told = [one.batch for one in results if isinstance(one, Answer)]
    assert told in (batches, [1] * 4)  # not every family can be put side by side


def test_stages_are_told(model: Model, clip: Path) -> None:  # noqa: F811
    stages = list[str]()
    answer_together([model.watch(clip, frames=1)] * 2, "Who?", notify=stages.append)
    assert stages[:3] == ["prefill", "prefill", "generate"]


def test_a_question_that_does_not_fit_is_each_clips_own_error(model: Model, clip: Path) -> None:  # noqa: F811
    (result,) = answer_together([model.watch(clip, frames=1)], "why " * 3000)
    assert isinstance(result, UsageError)
