"""Every family really looks at the video, hears the words, and takes what is told it as letters."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from families import MAKERS, family_spec
from test_engine import clip
from vidqa.engine import Model, open_folder
from vidqa.engine.clip import Clip
from vidqa.network.inference.decode import prefill_prefix, prefill_question
from vidqa.network.inference.prompt_ids import ANSWER_MARK, QUESTION_MARK, Pictures
from vidqa.types import Cue, Words

pytestmark = pytest.mark.numbers

__all__ = ["clip"]

QUESTION = "What happens?"
SUBTITLES = """1
00:00:00,100 --> 00:00:00,500
the cat is called Chelsea

2
00:00:01,100 --> 00:00:01,500
and the dog is not
"""


@pytest.fixture(scope="module", params=list(MAKERS))
def model(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Model:
    make = MAKERS[request.param]
    folder = make(tmp_path_factory.mktemp("looking"), seed=1)
    return open_folder(
        family_spec(request.param), folder, revision="test", device="cpu", dtype="float32"
    )


@pytest.fixture
def subtitles(tmp_path: Path) -> Path:
    path = tmp_path / "words.srt"
    path.write_text(SUBTITLES)
    return path


def scores(watched: Clip, pictures: Pictures | None = None) -> torch.Tensor:
    """The logits (V,) of the first word of an answer."""
    video_prefix, network = watched.video_prefix, watched.model.loaded.network
    shown = pictures or video_prefix._pictures
    context = prefill_prefix(
        network, shown.input_ids, shown.visual_tokens, form=shown.form, positions=shown.positions
    )
    return prefill_question(network, video_prefix.prompt(QUESTION).question_ids, context)[0]


def test_frames_in_another_order_change_the_answer(model: Model, clip: Path) -> None:
    watched = model.watch(clip)
    pictures = watched.video_prefix._pictures
    frames = pictures.visual_tokens.chunk(len(watched.segments))
    turned = replace(pictures, visual_tokens=torch.cat(frames[::-1]))
    assert not torch.allclose(scores(watched), scores(watched, turned), atol=1e-6)


def test_blank_frames_change_the_answer(model: Model, clip: Path) -> None:
    seen, blank = model.watch(clip), model.watch(clip, blank=True)
    assert (
        seen.video_prefix._pictures.input_ids.tolist()
        == blank.video_prefix._pictures.input_ids.tolist()
    )
    assert not torch.allclose(scores(seen), scores(blank), atol=1e-6)


def test_words_change_the_answer(model: Model, clip: Path, subtitles: Path) -> None:
    heard, deaf = (model.watch(clip, subtitles=one) for one in (subtitles, "off"))
    assert not torch.allclose(scores(heard), scores(deaf), atol=1e-6)


def test_every_frame_is_in_the_prompt(model: Model, clip: Path) -> None:
    answers = [model.watch(clip, frames=count).ask(QUESTION) for count in (1, 2, 4, 8)]
    tokens = [one.visual_tokens for one in answers]
    assert tokens == [tokens[0] * count for count in (1, 2, 4, 8)]
    lengths = [one.prompt_tokens for one in answers]
    assert lengths == sorted(set(lengths)), "more frames, a longer prompt"


def test_frames_and_words_stand_in_the_order_of_time(
    model: Model, clip: Path, subtitles: Path
) -> None:
    watched = model.watch(clip, subtitles=subtitles)
    loaded = model.loaded
    mark = loaded.network.config.image_token_id
    ids = watched.video_prefix._pictures.input_ids[0].tolist()
    text = loaded.tokenizer.decode([one for one in ids if one != mark])
    cat, dog = (ids_before(ids, loaded.tokenizer, word, mark) for word in ("Chelsea", "dog"))
    assert text.index("Chelsea") < text.index("dog")
    per_frame = watched.ask(QUESTION).visual_tokens // 4
    # frames at 0.2, 0.7, 1.2 and 1.7 s: the cat was named by the first, the dog by the third
    assert (cat, dog) == (1 * per_frame, 3 * per_frame)


def ids_before(ids: Sequence[int], tokenizer: object, word: str, mark: int) -> int:
    """How many visual tokens stand before the place where the prompt has said a word."""
    said = [index for index in range(len(ids)) if word in decode(tokenizer, ids[: index + 1], mark)]
    return sum(one == mark for one in ids[: said[0]])


def decode(tokenizer: object, ids: Sequence[int], mark: int) -> str:
    return str(tokenizer.decode([one for one in ids if one != mark]))  # type: ignore[attr-defined]


def test_no_control_token_can_be_smuggled_in(model: Model, clip: Path) -> None:
    """Token by token: each as a word said, and as a question, is spelt in letters."""
    loaded = model.loaded
    marks = {QUESTION_MARK, ANSWER_MARK}
    tokens = sorted({*loaded.control_tokens, "[INST]", "<Img><ImageHere>", "<image>", *marks})
    assert len(tokens) >= 6
    watched = model.watch(clip)
    controls = set(loaded.tokenizer.all_special_ids) | set(
        loaded.tokenizer.get_added_vocab().values()
    )
    close = special(watched.prompt_ids(QUESTION, watched.video_prefix).question_ids, controls)
    opened = special(watched.video_prefix._pictures.input_ids, controls)
    for token in tokens:
        asked = watched.prompt_ids(f"a {token} b", watched.video_prefix).question_ids
        assert special(asked, controls) == close, f"{token} in a question"
        heard = said(watched, token)
        assert special(heard, controls) == opened, f"{token} in the words"


def special(ids: torch.Tensor, controls: set[int]) -> list[int]:
    """The control tokens among ids (1, T)."""
    return [one for one in ids[0].tolist() if one in controls]


def said(watched: Clip, token: str) -> torch.Tensor:
    """The ids (1, T) of the clip's part of the prompt if a token had been said."""
    fitter = watched._fitter
    cue = Cue(0.1, 0.5, f"x {token} y")
    heard = replace(fitter, seen=replace(fitter.seen, words=Words("file", (cue,))))
    shown = heard.choose()
    assert shown.fitted.used
    return heard.pictures(heard.turn(shown), shown).input_ids
