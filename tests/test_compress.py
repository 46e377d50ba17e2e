"""`--compress N`: one of N visual tokens is shown, those that differ from the frame before."""

import json
from pathlib import Path

import pytest
import torch
from films import ONE, THREE, TWO, Picture, film

from families import MAKERS, family_spec
from tiny import native_folder
from vidqa.cli.app import run
from vidqa.engine import Model, open_folder
from vidqa.errors import UsageError
from vidqa.media.viewing import Viewing
from vidqa.models.registry import MODELS
from vidqa.network.inference.compress import kept_tokens
from vidqa.network.inference.positions import positions_of
from vidqa.system.cache import Cache
from vidqa.system.footprint import QUESTION_TOKENS

QUESTION = "What is there?"


def changed(frames: list[torch.Tensor], *places: tuple[int, int, float]) -> list[torch.Tensor]:
    """Turn the tokens of some frames away from those before them, from that frame on."""
    for frame, place, by in places:
        for one in frames[frame:]:
            one[place] = one[place] + by * torch.tensor([0.0, 1.0, 0.0])
    return frames


def still(frames: int, tokens: int) -> list[torch.Tensor]:
    return [torch.tensor([[1.0, 0.0, 0.0]] * tokens) for _ in range(frames)]


def test_what_changes_is_kept_and_the_first_frame() -> None:
    frames = changed(still(4, 6), (1, 2, 0.5), (1, 4, 0.2), (3, 0, 0.3), (3, 5, 0.1))
    kept = kept_tokens(frames, 2)  # 12 of 24
    assert kept[0].all()
    assert kept[1].nonzero().flatten().tolist()[:1] == [0]  # the first of those that are alike
    assert kept[1, [2, 4]].all()
    assert kept[3, [0, 5]].all()
    assert int(kept.sum()) == 12


def test_every_frame_keeps_the_token_that_is_newest() -> None:
    frames = changed(still(4, 6), (1, 2, 0.5), (1, 4, 0.2), (3, 0, 0.3), (3, 5, 0.1))
    kept = kept_tokens(frames, 1000)
    assert kept.sum(dim=1).tolist() == [6, 1, 1, 1]
    assert kept[1, 2]
    assert kept[3, 0]


@pytest.mark.parametrize("frames", [1, 2, 5])
def test_one_of_one_is_all(frames: int) -> None:
    assert kept_tokens(still(frames, 3), 1).all()


def test_an_odd_share_is_rounded_up() -> None:
    assert int(kept_tokens(still(9, 4), 3).sum()) == 12
    assert int(kept_tokens(still(9, 4), 5).sum()) == 4 + 8  # the rules keep more


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    scenes: list[Picture] = [ONE] * 40 + [TWO] * 20 + [THREE] * 40
    return film(tmp_path_factory.mktemp("films") / "slides.mp4", scenes)


@pytest.fixture(scope="module", params=list(MAKERS))
def model(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Model:
    folder = MAKERS[request.param](tmp_path_factory.mktemp("compress"), seed=1)
    spec = family_spec(request.param)
    return open_folder(spec, folder, revision="test", device="cpu", dtype="float32")


def test_every_family_answers_with_fewer(model: Model, clip: Path) -> None:
    every = model.watch(clip, subtitles="off", frames=6)
    fewer = model.watch(clip, subtitles="off", frames=6, compress=2)
    whole, part = (one.video_prefix._pictures for one in (every, fewer))
    mark = model.loaded.network.config.image_token_id
    shown = int((part.input_ids == mark).sum())
    every_token = len(whole.visual_tokens)
    assert shown == len(part.visual_tokens) == max(every_token // 2, every_token // 6 + 5)
    text = whole.input_ids[whole.input_ids != mark]
    assert torch.equal(part.input_ids[part.input_ids != mark], text)

    answer = fewer.ask(QUESTION, max_new_tokens=4)
    assert answer.visual_tokens == shown
    said = f"{shown} of {every_token} visual tokens are shown, as --compress asks"
    assert said in answer.warnings
    assert said not in every.ask(QUESTION, max_new_tokens=2).warnings
    again = model.watch(clip, subtitles="off", frames=6, compress=2)
    assert again.ask(QUESTION, max_new_tokens=4).text == answer.text
    assert sum(one.visual_tokens for one in fewer.prompt(QUESTION).segments) == shown


def test_what_is_left_is_where_it_was(model: Model, clip: Path) -> None:
    """Where pictures count by rows and columns, the words after them are as far away as before."""
    every = model.watch(clip, subtitles="off", frames=6).video_prefix._pictures
    fewer = model.watch(clip, subtitles="off", frames=6, compress=3).video_prefix
    part, network = fewer._pictures, model.loaded.network
    if every.positions is None:
        assert part.positions is None
        assert positions_of(network, part.input_ids, None) is None
        return
    assert part.positions is not None
    is_text = every.input_ids[0] != network.config.image_token_id
    left = part.input_ids[0] != network.config.image_token_id
    assert torch.equal(part.positions[..., left], every.positions[..., is_text])
    pairs = {tuple(one) for one in every.positions[:, 0].T.tolist()}
    assert {tuple(one) for one in part.positions[:, 0].T.tolist()} < pairs
    assert fewer.prefix.shift is not None
    assert fewer.prefix.shift + part.input_ids.shape[1] == int(every.positions.max()) + 1


def test_the_last_tokens_keep_their_places(model: Model, clip: Path) -> None:
    every = model.watch(clip, subtitles="off", frames=6).video_prefix._pictures
    mark = model.loaded.network.config.image_token_id
    last = every.last(9, image_token_id=mark)
    assert torch.equal(last.input_ids, every.input_ids[:, -9:])
    assert len(last.visual_tokens) == int((last.input_ids == mark).sum())
    if every.positions is not None:
        assert last.positions is not None
        assert torch.equal(last.positions, every.positions[..., -9:])


def test_an_answer_is_compared_with_as_many_grey_tokens(model: Model, clip: Path) -> None:
    watched = model.watch(clip, subtitles="off", frames=6, compress=2)
    blank = watched._fitter.without(pictures=True, words=False)
    shown = blank.choose()
    assert blank.visual_tokens(shown) == watched._fitter.visual_tokens(watched._shown)
    ids = blank.pictures(blank.turn(shown), shown).input_ids
    assert torch.equal(ids, watched.video_prefix._pictures.input_ids)


def test_the_frames_are_encoded_once_for_all(clip: Path, tmp_path: Path) -> None:
    folder = native_folder(tmp_path / "model")
    cache = Cache(tmp_path / "cache")
    spec = family_spec("vidqa")
    model = open_folder(spec, folder, revision="1", device="cpu", dtype="float32", cache=cache)
    texts, looked = [], []
    for compress in (1, 2, 4, 2):
        watched = model.watch(clip, subtitles="off", frames=8, compress=compress)
        texts.append(watched.ask(QUESTION, max_new_tokens=6).text)
        looked.append("vision" in watched.timings_s)
    assert looked == [True, False, False, False]
    assert texts[1] == texts[3]


def test_more_frames_fit_a_short_context(clip: Path, tmp_path: Path) -> None:
    """A short context holds more frames when each takes fewer tokens."""
    folder = native_folder(tmp_path / "model")
    config = json.loads((folder / "config.json").read_text())
    spec = family_spec("vidqa")
    whole = open_folder(spec, folder, revision="1", device="cpu", dtype="float32")
    tokens = whole.watch(clip, subtitles="off", frames=8).video_prefix.prefix_tokens
    room = tokens + spec.max_new_tokens + QUESTION_TOKENS
    config["text_config"]["max_position_embeddings"] = room - 1
    (folder / "config.json").write_text(json.dumps(config))
    short = open_folder(spec, folder, revision="1", device="cpu", dtype="float32")
    cut, fit = (
        short.watch(clip, subtitles="off", frames=8, compress=compress).ask(QUESTION)
        for compress in (1, 4)
    )
    assert len(cut.frame_times_s) < 8
    assert len(fit.frame_times_s) == 8


def test_the_papers_recipe_shows_what_its_authors_do() -> None:
    with pytest.raises(UsageError, match="that the authors do") as caught:
        Viewing(recipe="paper", compress=2).recipe_for(MODELS["minigpt4-video-mistral"])
    assert caught.value.hint == "leave --compress out"


def test_what_shows_no_tokens_does_not_take_it(
    clip: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["frames", str(clip), "--compress", "2"]) == 2
    assert "--compress" in capsys.readouterr().err


def test_nothing_is_said_where_all_are_shown(clip: Path, tmp_path: Path) -> None:
    folder = native_folder(tmp_path / "model")
    model = open_folder(family_spec("vidqa"), folder, revision="1", device="cpu", dtype="float32")
    watched = model.watch(clip, subtitles="off", frames=1, compress=9)
    assert not any("visual tokens" in one for one in watched.warnings)


@pytest.mark.parametrize("given", ["0", "-1", "half", "1001"])
def test_no_such_share(given: str, clip: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["ask", str(clip), QUESTION, "--compress", given]) == 2
    assert "--compress" in capsys.readouterr().err
