"""Steps in memory that does not move write what others do, and leave the context the same."""

from itertools import islice

import pytest
import torch

from families import MAKERS
from vidqa.network.inference import decode as decoding
from vidqa.network.inference import static_steps
from vidqa.network.inference.decode import Context
from vidqa.network.inference.kv_caches import new_cache
from vidqa.network.inference.static_steps import StaticSteps, can_be_static
from vidqa.network.inference.token_sampling import AnswerPenalty, Sampling, TokenChooser
from vidqa.network.loading import Loaded, load_folder

pytestmark = pytest.mark.numbers


@pytest.fixture(scope="module", params=list(MAKERS))
def loaded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Loaded:
    folder = MAKERS[request.param](tmp_path_factory.mktemp(request.param) / request.param)
    return load_folder(folder, device="cpu", dtype="float32")


def begun(loaded: Loaded) -> tuple[torch.Tensor, Context]:
    """A prompt that was read; where pictures count by rows and columns, words count on from 5."""
    has_grid = hasattr(loaded.network.base_model, "get_rope_index")
    context = Context(new_cache(loaded.network), 5 if has_grid else None)
    ids = torch.arange(30, 50)[None]
    return decoding.prefill_question(loaded.network, ids, context), context


def require_static(loaded: Loaded, context: Context) -> None:
    """Skip families with recurrent layers, and only those."""
    if not can_be_static(loaded.network, context):
        assert "linear_attention" in loaded.network.config.get_text_config().layer_types
        pytest.skip("its recurrent layers have no keys and values")


@torch.inference_mode()
def written(loaded: Loaded, *, static: bool) -> tuple[list[int], list[torch.Tensor], Context]:
    """20 tokens in turns that the model would not choose, the logits of each, and the context."""
    _, context = begun(loaded)
    steps = (
        StaticSteps(loaded.network, context) if static else decoding._Steps(loaded.network, context)
    )
    tokens = [20 + 3 * number % 17 for number in range(20)]
    return tokens, [steps.read([token]).clone() for token in tokens], context


def test_every_step_and_what_follows_is_the_same(
    loaded: Loaded, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(static_steps, "SLACK_TOKENS", 8)  # so that it moves twice
    _, context = begun(loaded)
    require_static(loaded, context)
    _, expected, plain = written(loaded, static=False)
    _, found, moved = written(loaded, static=True)
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other, atol=1e-5, rtol=1e-4)
        assert int(one.argmax()) == int(other.argmax())
    assert moved.cache.get_seq_length() == plain.cache.get_seq_length() == 40
    more = torch.arange(60, 66)[None]
    behind = [decoding.prefill_question(loaded.network, more, one) for one in (moved, plain)]
    torch.testing.assert_close(*behind, atol=1e-5, rtol=1e-4)


def test_a_branch_is_not_written_over(loaded: Loaded) -> None:
    _, context = begun(loaded)
    require_static(loaded, context)
    branch = context.branch()
    before = [layer.keys.clone() for layer in branch.cache.layers]
    with torch.inference_mode():
        steps = StaticSteps(loaded.network, context)
        steps.read([21])
        late = context.branch()
        held = [layer.keys.clone() for layer in late.cache.layers]
        steps.read([22])
    for layer, keys in zip(branch.cache.layers, before, strict=True):
        assert torch.equal(layer.keys, keys)
    for layer, keys in zip(late.cache.layers, held, strict=True):
        assert torch.equal(layer.keys, keys)


@pytest.mark.parametrize("penalty", [None, AnswerPenalty(1.3, bos_id=3)])
@pytest.mark.parametrize("slack", [5, 512])  # with few it moves
def test_greedy_answers_are_the_same(
    loaded: Loaded, monkeypatch: pytest.MonkeyPatch, penalty: AnswerPenalty | None, slack: int
) -> None:
    monkeypatch.setattr(static_steps, "SLACK_TOKENS", slack)

    def answered() -> tuple[list[int], Context]:
        logits, context = begun(loaded)
        chooser = TokenChooser(Sampling(), penalty)
        written = decoding.decode(loaded.network, logits, context, chooser)
        tokens = list(islice(written, 12))
        written.close()
        return tokens, context

    expected, plain = answered()
    require_static(loaded, plain)
    monkeypatch.setattr(static_steps, "wants_static", lambda _: True)
    found, moved = answered()
    assert found == expected
    assert moved.cache.get_seq_length() == plain.cache.get_seq_length() == 20 + 11
    layer = moved.cache.layers[0]
    assert layer.keys.untyped_storage().nbytes() > layer.keys.nbytes  # in roomy memory
    more = torch.arange(60, 66)[None]
    behind = [decoding.prefill_question(loaded.network, more, one) for one in (moved, plain)]
    torch.testing.assert_close(*behind, atol=1e-5, rtol=1e-4)


@pytest.mark.gpu
def test_a_recorded_step_writes_the_same(loaded: Loaded, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(static_steps, "SLACK_TOKENS", 5)  # so that it is recorded again
    monkeypatch.setenv(static_steps.WANTED, "1")
    network = loaded.network.to("cuda")
    has_grid = hasattr(network.base_model, "get_rope_index")
    answers = []
    for is_static in (False, True):
        if not is_static:
            monkeypatch.setattr(static_steps, "can_be_static", lambda *_: False)
        context = Context(new_cache(network), 5 if has_grid else None)
        ids = torch.arange(30, 50, device="cuda")[None]
        logits = decoding.prefill_question(network, ids, context)
        chooser = TokenChooser(Sampling(), AnswerPenalty(1.3, bos_id=3))
        answers.append(list(islice(decoding.decode(network, logits, context, chooser), 12)))
        monkeypatch.setattr(static_steps, "can_be_static", can_be_static)
    network.to("cpu")
    assert answers[0] == answers[1]


@torch.inference_mode()
def penalised(loaded: Loaded, bos_id: int, *, static: bool) -> list[int]:
    """The 12 likeliest tokens behind 21 where none may come twice, nor the BOS."""
    penalty, (_, context) = AnswerPenalty(1e6, bos_id=bos_id), begun(loaded)
    if static:
        return list(islice(StaticSteps(loaded.network, context, penalty).likeliest(21), 12))
    steps, tokens = decoding._Steps(loaded.network, context), [21]
    for _ in range(12):
        so_far = torch.tensor([tokens])
        tokens.append(int(penalty(so_far, steps.read(tokens[-1:])).argmax()))
    return tokens[1:]


def test_tokens_are_penalised_once_they_are_used(loaded: Loaded) -> None:
    require_static(loaded, begun(loaded)[1])
    found = penalised(loaded, 3, static=True)
    assert found == penalised(loaded, 3, static=False)
    assert len({21, *found}) == 13
    without = penalised(loaded, found[0], static=True)
    assert without == penalised(loaded, found[0], static=False)
    assert found[0] not in without


def test_drawn_answers_are_the_same(loaded: Loaded, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = []
    for is_static in (False, True):
        monkeypatch.setattr(static_steps, "wants_static", lambda _, one=is_static: one)
        logits, context = begun(loaded)
        require_static(loaded, context)
        chooser = TokenChooser(Sampling(temperature=0.9, seed=3), AnswerPenalty(1.3, bos_id=3))
        answers.append(list(islice(decoding.decode(loaded.network, logits, context, chooser), 12)))
    assert answers[0] == answers[1]


@torch.inference_mode()
def test_steps_go_on_where_an_answer_was_left(loaded: Loaded) -> None:
    """The step that nobody asked for is forgotten."""
    _, context = begun(loaded)
    require_static(loaded, context)
    steps = StaticSteps(loaded.network, context)
    first = steps.likeliest(21)
    tokens = [next(first) for _ in range(3)]  # 21 and two of them are read
    first.close()
    found = steps.read([33]).clone()
    _, plain = begun(loaded)
    others = decoding._Steps(loaded.network, plain)
    for token in (21, *tokens[:2]):
        others.read([token])
    torch.testing.assert_close(found, others.read([33]), atol=1e-5, rtol=1e-4)


def test_masks_of_true_and_false_are_for_one_attention(
    loaded: Loaded, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, context = begun(loaded)
    text = loaded.network.config.get_text_config()
    monkeypatch.setattr(text, "_attn_implementation", "eager")
    assert not can_be_static(loaded.network, context)


def test_nobody_gets_it_unasked(monkeypatch: pytest.MonkeyPatch) -> None:
    class Network:
        device = torch.device("cuda")

    monkeypatch.delenv(static_steps.WANTED, raising=False)
    assert not static_steps.wants_static(Network())
    monkeypatch.setenv(static_steps.WANTED, "1")
    assert static_steps.wants_static(Network())
    Network.device = torch.device("cpu")
    assert not static_steps.wants_static(Network())
