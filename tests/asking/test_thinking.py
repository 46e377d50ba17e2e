"""Thinking before an answer: a budget, a thought that is closed, and an answer without it."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from clips import make_clip
from families import MAKERS, family_spec
from tiny import spec, vidqa_folder
from vidqa.cli.app import run
from vidqa.engine import Model, open_folder
from vidqa.engine.local.together import answer_together
from vidqa.engine.stage_timer import StageTimer
from vidqa.errors import UsageError
from vidqa.network.inference.decode import decode_until
from vidqa.network.inference.token_sampling import Sampling, TokenChooser
from vidqa.types.generation import GenerationSettings

pytestmark = pytest.mark.numbers
THINKERS = ("qwen3_5", "minicpmv4_6")
TOKENS = 6


@pytest.fixture(scope="module", params=THINKERS)
def thinker(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Model:
    folder = MAKERS[request.param](tmp_path_factory.mktemp(request.param))
    known = replace(family_spec(request.param), frames=2, max_new_tokens=TOKENS)
    return open_folder(known, folder, revision="r", device="cpu", dtype="float32")


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("film") / "film.mp4"
    make_clip(path, range(0, 1000, 100), size=(64, 48))
    return path


def watched(model: Model, film: Path) -> Any:
    return model.watch(film, subtitles="off", screen_text="off")


def test_the_answer_is_the_one_behind_a_closed_thought(thinker: Model, film: Path) -> None:
    clip = watched(thinker, film)
    answer = clip.ask("who?", think=5, keep_thought=True)
    assert answer.thought_tokens == 5, "a random model does not end its thought"
    encode = thinker.loaded.encode
    prompt = clip.prompt_ids("who?", thinks=True)
    thought = clip.thought(GenerationSettings(think=5))
    logits, context = clip.video_prefix.begin(prompt)
    thought.think(logits, context, Sampling())
    closed = [*thought.ids, *encode("\n</think>\n\n")]
    by_hand = torch.tensor([[*prompt.question_ids[0].tolist(), *closed]])
    writing = clip.writing(prompt, TOKENS)
    behind = replace(prompt, question_ids=by_hand)
    pieces = writing.pieces(
        lambda: clip.video_prefix.begin(behind), Sampling(), StageTimer(None, {})
    )
    assert "".join(pieces) == answer.text
    assert thinker.loaded.tokenizer.decode(thought.ids).strip() == answer.thought


def test_a_thought_is_no_part_of_the_answer(thinker: Model, film: Path) -> None:
    clip = watched(thinker, film)
    events = list(clip.stream("who?", think=4))
    *pieces, answer = events
    assert "".join(piece.text for piece in pieces) == answer.text
    assert "think>" not in answer.text
    assert answer.new_tokens <= TOKENS
    record = answer.to_record()
    assert record["thought_tokens"] == 4
    assert "thought" not in record
    assert "thought_tokens" not in clip.ask("who?").to_record()
    again = clip.ask("who?", think=4)
    assert replace(again, timings_s={}) == replace(answer, timings_s={})


def test_a_thought_that_ends_by_itself(thinker: Model, film: Path) -> None:
    clip = watched(thinker, film)
    prompt = clip.prompt_ids("who?", thinks=True)

    def thought(ends: set[int]) -> tuple[list[int], int]:
        logits, context = clip.video_prefix.begin(prompt)
        chooser = TokenChooser(Sampling(temperature=1.0, seed=3))
        network = thinker.loaded.network
        return decode_until(network, logits, context, chooser, ends=ends, most=6)

    ids, last = thought(set())
    assert (len(ids), last) == (6, ids[-1])
    place = next(at for at in range(1, 6) if ids[at] not in ids[:at])
    assert thought({ids[place]}) == (ids[:place], ids[place])
    assert thought({ids[0]}) == ([], ids[0])


def test_a_thought_closes_as_the_model_would(
    thinker: Model, film: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip = watched(thinker, film)
    (end,) = thinker.loaded.encode("</think>")
    choose, turns = TokenChooser.choose, list[int]()

    def ends_at_third(self: TokenChooser, logits: torch.Tensor) -> int:
        token = choose(self, logits)
        turns.append(token)
        return end if len(turns) == 3 else token

    with monkeypatch.context() as patched:
        patched.setattr(TokenChooser, "choose", ends_at_third)
        answer = clip.ask("who?", think=50)
    assert answer.thought_tokens == 2
    cut = clip.ask("who?", think=2)
    assert cut.thought_tokens == 2, "the same thought, closed for the model"


def test_who_does_not_think_says_so(thinker: Model, film: Path, tmp_path: Path) -> None:
    plain = open_folder(
        spec("vidqa", frames=2), vidqa_folder(tmp_path / "tiny"), revision="r", device="cpu",
        dtype="float32",
    )  # fmt: skip
    with pytest.raises(UsageError, match="vidqa does not think"):
        watched(plain, film).ask("who?", think=3)
    with pytest.raises(UsageError, match="does not think"):
        plain.write("who?", think=3)
    clip = watched(thinker, film)
    with pytest.raises(UsageError, match="do not fit"):
        clip.ask("who?", think=10**7)
    with pytest.raises(UsageError, match="at least 1"):
        clip.ask("who?", think=0)
    with pytest.raises(UsageError, match="one by one"):
        answer_together([clip], "who?", think=3)
    with pytest.raises(UsageError, match="in a conversation"):
        list(clip.converse().stream("who?", think=3))


def test_a_text_alone_is_thought_about(thinker: Model) -> None:
    thought = thinker.write("who?", think=3, max_new_tokens=4)
    assert "think>" not in thought.text
    assert thought.new_tokens <= 4
    assert thinker.write("who?", max_new_tokens=4).prompt_tokens != thought.prompt_tokens


def test_json_is_written_behind_a_thought(thinker: Model, film: Path) -> None:
    schema = json.dumps({"enum": ["cat", "dog"]})
    answer = watched(thinker, film).ask("who?", think=3, schema=schema, max_new_tokens=40)
    assert json.loads(answer.text) in ("cat", "dog")
    assert answer.thought_tokens == 3


def test_from_the_command_line(film: Path, tmp_path: Path, capsys: Any) -> None:
    folder = str(MAKERS["qwen3_5"](tmp_path / "model"))
    words = ["ask", str(film), "who?", "-m", folder, "--frames", "2", "--max-new-tokens", "4"]
    words += ["--think", "3", "--json", "--subtitles", "off", "--screen-text", "off"]
    assert run([*words, "--keep-thought"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert record["thought_tokens"] == 3
    assert isinstance(record["thought"], str)
    assert record["settings"]["think"] == 3
    for more in (["--batch", "2"], ["--choices", "yes,no"]):
        assert run([*words, *more]) == 2
        assert "goes neither with" in capsys.readouterr().err
    assert run(words) == 0
    assert "thought" not in json.loads(capsys.readouterr().out)
