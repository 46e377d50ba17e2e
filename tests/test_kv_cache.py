"""`--kv-cache`: keys and values of long clips in 8 or 4 bits."""

import json
from pathlib import Path

import pytest
import torch
from films import ONE, THREE, TWO, film

from families import MAKERS, family_spec
from tiny import native_folder
from vidqa import engine
from vidqa.cli.app import run
from vidqa.engine import Model, open_folder
from vidqa.errors import UsageError
from vidqa.models.spec import ModelSpec
from vidqa.network.inference import decode, kv_caches
from vidqa.network.inference.decode import prefill_question
from vidqa.network.inference.kv_caches import require_kv_cache
from vidqa.network.opening import chosen_dtype
from vidqa.system.cache import Cache
from vidqa.system.footprint import MemoryPlan
from vidqa.types.loading import LoadSettings

QUESTION = "What is there?"
RECURRENT = ("qwen3_5", "minicpmv4_6")
"""Families of which some layers keep a state instead of keys and values."""


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return film(tmp_path_factory.mktemp("films") / "slides.mp4", [ONE, TWO, THREE])


def opened(spec: ModelSpec, folder: Path, kv_cache: str, cache: Cache | None = None) -> Model:
    how = LoadSettings(device="cpu", dtype="float32", kv_cache=kv_cache)
    return open_folder(spec, folder, how, revision="test", cache=cache)


@pytest.fixture(scope="module", params=list(MAKERS))
def family(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    name: str = request.param
    MAKERS[name](tmp_path_factory.getbasetemp() / f"kv-{name}", seed=1)
    return name


def folder_of(family: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.getbasetemp() / f"kv-{family}"


def test_every_family_holds_8_bits_or_says_why_not(
    family: str, clip: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder, spec = folder_of(family, tmp_path_factory), family_spec(family)
    if family in RECURRENT:
        with pytest.raises(UsageError, match="layers all attend to everything") as caught:
            opened(spec, folder, "fp8")
        assert caught.value.hint == "use --kv-cache full"
        return
    model = opened(spec, folder, "fp8")
    watched = model.watch(clip, subtitles="off", frames=4)
    prefix = watched.video_prefix.prefix
    held = [layer._quantized_keys[0] for layer in prefix.cache.layers]
    assert {one.dtype for one in held} == {torch.float8_e4m3fn}

    assert watched.video_prefix.fresh().cache.layers[0]._quantized_keys[0] is held[0]  # no copy
    before = [one.clone() for one in held]
    answers = [watched.ask(QUESTION, max_new_tokens=6) for _ in range(2)]
    assert answers[0].text == answers[1].text
    assert answers[0].dtype == "float32"
    after = [layer._quantized_keys[0] for layer in prefix.cache.layers]
    assert all(map(torch.equal, before, after))  # an answer leaves what was read as it is


def test_what_follows_is_nearly_what_it_was(
    family: str, clip: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    if family in RECURRENT:
        pytest.skip("it has no rounded keys and values")
    folder, spec = folder_of(family, tmp_path_factory), family_spec(family)
    logits = []
    for kind in ("full", "fp8"):
        model = opened(spec, folder, kind)
        watched = model.watch(clip, subtitles="off", frames=4)
        ids = watched.prompt_ids(QUESTION).question_ids
        context = watched.video_prefix.fresh()
        logits.append(prefill_question(model.loaded.network, ids, context).float())
    full, rounded = logits
    assert not torch.equal(full, rounded)
    assert float((full - rounded).norm() / full.norm()) < 0.1


def test_nothing_read_is_kept_or_taken_from_the_disk(
    clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decode, "PREFILL_CHUNK_TOKENS", 16)  # rounded one after the other
    folder, spec = native_folder(tmp_path / "model"), family_spec("vidqa")

    def kinds(kv_cache: str) -> set[str]:
        """What is on the disk once a model has answered."""
        cache = Cache(tmp_path / kv_cache)
        opened(spec, folder, kv_cache, cache).watch(clip, subtitles="off", frames=4)
        return {entry.kind for entry in cache.entries()}

    assert kinds("full") - kinds("fp8") == {"read"}

    cache = Cache(tmp_path / "shared")
    opened(spec, folder, "full", cache).watch(clip, subtitles="off", frames=4)
    fresh, known = (
        opened(spec, folder, "fp8", one).watch(clip, subtitles="off", frames=4)
        for one in (None, cache)
    )
    held = [one.video_prefix.prefix.cache.layers[-1]._quantized_keys[0] for one in (fresh, known)]
    assert torch.equal(held[0], held[1])


def test_less_memory_is_planned(clip: Path, tmp_path: Path) -> None:
    folder, spec = native_folder(tmp_path / "model"), family_spec("vidqa")
    plans: dict[str, MemoryPlan] = {}
    for kind in ("full", "fp8"):
        plans[kind] = opened(spec, folder, kind).memory.plan
    assert plans["fp8"].cache_bytes == plans["full"].cache_bytes // 4
    layers = 2 * 2  # copies of each of the tiny model's
    assert plans["fp8"].working_bytes - plans["full"].working_bytes == pytest.approx(
        plans["full"].cache_bytes * 2 / layers, rel=0.01
    )


def test_answers_alone_in_a_batch_say_so(clip: Path, tmp_path: Path) -> None:
    from vidqa.engine.local.together import ALONE, answer_together

    model = opened(family_spec("vidqa"), native_folder(tmp_path / "model"), "fp8")
    watched = [model.watch(clip, subtitles="off", frames=count) for count in (2, 3)]
    for answer in answer_together(watched, QUESTION, max_new_tokens=4):
        assert not isinstance(answer, Exception)
        assert answer.batch == 1
        assert ALONE in answer.warnings


def test_a_number_format_of_vidqas_own_decoder_is_refused(tmp_path: Path) -> None:
    """Rounded keys and values are transformers', whose classes write as they read."""
    folder = native_folder(tmp_path / "model")
    how = LoadSettings(device="cpu", dtype="float32+int8", kv_cache="fp8")
    with pytest.raises(UsageError, match="is for models like the starter"):
        open_folder(family_spec("vidqa"), folder, how, revision="test")
    assert "+" not in chosen_dtype(folder, "auto", "cpu", by_transformers=True)


def test_a_command_goes_on_with_what_it_wrote(
    clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, output = native_folder(tmp_path / "model"), tmp_path / "answers.jsonl"
    command = ["ask", str(clip), "who?", "-m", str(folder), "--frames", "2", "--subtitles", "off"]
    command += ["--kv-cache", "fp8", "--max-new-tokens", "1", "-o", str(output)]
    assert run(command) == 0
    (record,) = map(json.loads, output.read_text().splitlines())
    assert "+" not in record["dtype"]
    assert record["settings"]["kv_cache"] == "fp8"
    monkeypatch.setattr("vidqa.engine.load", lambda *_, **__: pytest.fail("all is answered"))
    assert run(command) == 0
    assert len(output.read_text().splitlines()) == 1


def test_4_bits_name_the_library_that_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kv_caches, "find_spec", lambda name: None)
    with pytest.raises(UsageError, match="needs optimum-quanto, which is not installed") as caught:
        require_kv_cache(native_folder(tmp_path / "model"), "int4")
    assert caught.value.hint == "pip install 'vidqa[quantize]', or --kv-cache fp8"


def test_there_is_no_other_kind(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="'int8': no such kind"):
        engine.identify(str(native_folder(tmp_path / "model")), kv_cache="int8")


@pytest.mark.slow  # optimum-quanto compiles a kernel at its first use
def test_4_bits_answer(clip: Path, tmp_path: Path) -> None:
    pytest.importorskip("optimum.quanto", reason="it is in vidqa[quantize]")
    model = opened(family_spec("vidqa"), native_folder(tmp_path / "model"), "int4")
    watched = model.watch(clip, subtitles="off", frames=4)
    layer = watched.video_prefix.prefix.cache.layers[0]
    assert layer._quantized_keys.qtype.bits == 4
    texts = [watched.ask(QUESTION, max_new_tokens=6).text for _ in range(2)]
    assert texts[0] == texts[1]


def test_records_tell_it_and_those_before_it_stay_as_they_were() -> None:
    assert LoadSettings().settings == {"speech": None, "fit": False}
    assert LoadSettings(kv_cache="fp8").settings["kv_cache"] == "fp8"
