"""Answers that are JSON and fit a schema, whatever a random model would like to say."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import torch

from clips import make_clip
from families import MAKERS, family_spec
from tiny import talkative, vidqa_folder
from vidqa.cli.app import run
from vidqa.engine import Clip, Model, load, open_folder
from vidqa.engine.local.together import answer_together
from vidqa.errors import UsageError
from vidqa.network.inference.json_grammar import JsonGrammar, grammar_of
from vidqa.network.inference.token_sampling import Sampling, TokenChooser
from vidqa.types import Answer
from vidqa.types.generation import as_schema, read_schema

pytestmark = pytest.mark.numbers


def thing(**fields: Any) -> dict[str, Any]:
    """An object with just these fields."""
    return {
        "type": "object",
        "properties": fields,
        "required": list(fields),
        "additionalProperties": False,
    }


WORD = {"type": "string", "maxLength": 6}
SCHEMAS = {
    "a choice": {"enum": ["cat", "dog", 3, None]},
    "fields": thing(
        animal={"enum": ["cat", "dog"]}, count={"type": "integer", "minimum": 0, "maximum": 99}
    ),
    "lists": {"type": "array", "items": WORD, "minItems": 2, "maxItems": 3},
    "inside": thing(a=thing(b={"type": "array", "items": {"type": "boolean"}, "maxItems": 4})),
    "either": {"anyOf": [{"type": "null"}, thing(x={"type": "boolean"})]},
    "a pattern": {"type": "string", "pattern": "^[0-9]{2}:[0-9]{2}$"},
    "null": {"type": "null"},
    "umlauts": thing(**{"größe": {"enum": ["süß", "\N{CAT FACE}"]}}),
}
ENDLESS = {"type": "array", "items": {"type": "boolean"}, "minItems": 1000}


@pytest.fixture(scope="session")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("schemas") / "clip.mp4"
    make_clip(path, [100 * number for number in range(12)])
    return path


@pytest.fixture(scope="session", params=list(MAKERS))
def family(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Model:
    folder = MAKERS[request.param](tmp_path_factory.mktemp(request.param))
    spec = family_spec(request.param)
    return open_folder(spec, folder, revision="test", device="cpu", dtype="float32")


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return talkative(vidqa_folder(tmp_path_factory.mktemp("schema")))


@pytest.fixture(scope="session")
def clip(folder: Path, video: Path) -> Clip:
    return load(str(folder), keep=False).watch(video)


@pytest.mark.parametrize("name", SCHEMAS)
def test_an_answer_fits_its_schema(clip: Clip, name: str) -> None:
    schema = SCHEMAS[name]
    for seed in range(4):
        answer = clip.ask(
            "what?", schema=as_schema(schema), temperature=float(seed > 0), seed=seed,
            max_new_tokens=200,
        )  # fmt: skip
        record = answer.to_record()
        assert record["object"] == json.loads(answer.text)
        jsonschema.validate(record["object"], schema)
        assert (answer.is_json, answer.stopped_by) == (True, "end")


def test_models_of_every_family_can(family: Model, video: Path) -> None:
    schema = SCHEMAS["fields"]
    answer = family.watch(video).ask("what?", schema=as_schema(schema), max_new_tokens=200)
    jsonschema.validate(answer.to_record()["object"], schema)


def test_the_likeliest_that_fits_is_taken(clip: Clip) -> None:
    loaded = clip.model.loaded
    schema = as_schema({"enum": ["cat", "dog"]})
    chooser = TokenChooser(Sampling(), None, JsonGrammar(loaded, schema))
    width = loaded.network.config.get_text_config().vocab_size
    chance = torch.Generator().manual_seed(0)
    ids = list[int]()
    while True:
        logits = torch.rand((1, width), generator=chance)
        allowed = JsonGrammar(loaded, schema)
        for token in ids:
            allowed.take(token)
        fits = allowed.allowed(logits)
        token = chooser.choose(logits)
        assert token == int(fits.argmax())
        assert (fits[fits > -torch.inf] == logits[fits > -torch.inf]).all()
        if token in loaded.stop_ids:
            break
        ids.append(token)
    assert loaded.tokenizer.decode(ids) in ('"cat"', '"dog"')


def test_other_answers_are_no_objects(clip: Clip) -> None:
    answer = clip.ask("what?", max_new_tokens=4)
    assert not answer.is_json
    assert "object" not in answer.to_record()


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ({"type": "integer", "minimum": 3, "maximum": 1}, "nothing can be written"),
        ({"allOf": [{"type": "string"}, {"type": "integer"}]}, "nothing can be written"),
        ({"type": "nonsense"}, "nothing can be written"),
        ({"$ref": "#/nothing"}, "does not exist"),
        ({"$ref": "http://127.0.0.1:9/x.json"}, "not present"),
        ({"type": "string", "pattern": "("}, "regex"),
        (False, "no JSON schema"),
        (3, "no JSON schema"),
        (ENDLESS, "24 tokens are too few"),
        (thing(x={"type": "string"}), "tokens are too few"),
    ],
)
def test_why_there_is_no_such_answer_is_said(clip: Clip, schema: Any, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        clip.ask("what?", schema=as_schema(schema), max_new_tokens=24)


def nested(depth: int) -> Any:
    schema: Any = {"type": "string"}
    for _ in range(depth):
        schema = thing(a=schema)
    return schema


def test_what_is_too_deep_is_said(clip: Clip, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="recursion limit"):
        grammar_of(as_schema(nested(150)))
    file = tmp_path / "deep.json"
    file.write_text("[" * 100_000)
    with pytest.raises(UsageError, match="too deep"):
        read_schema(str(file))
    itself = {"$defs": {"n": thing(c={"$ref": "#/$defs/n"})}, "$ref": "#/$defs/n"}
    with pytest.raises(UsageError, match="fits the schema"):
        clip.ask("what?", schema=as_schema(itself), max_new_tokens=40)


def test_a_number_that_no_program_reads_is_refused(
    clip: Clip, monkeypatch: pytest.MonkeyPatch
) -> None:
    from vidqa.engine.answer.generate import Writing

    monkeypatch.setattr(Writing, "text", property(lambda _: '{"a": 1e999}'))
    with pytest.raises(UsageError, match="no JSON that can be read"):
        clip.ask("what?", schema='{"enum": [1]}')


@pytest.mark.parametrize(
    ("text", "said"), [('{"a": 1, "a": 2}', "a key is in it twice"), ("[", "no JSON that can be")]
)
def test_what_programs_read_otherwise_is_refused(
    clip: Clip, monkeypatch: pytest.MonkeyPatch, text: str, said: str
) -> None:
    monkeypatch.setattr("vidqa.engine.answer.generate.Writing.text", property(lambda _: text))
    with pytest.raises(UsageError, match=said):
        clip.ask("what?", schema='{"enum": [1]}')


def test_nothing_is_shown_of_what_is_cut(clip: Clip) -> None:
    shown = list[object]()
    with pytest.raises(UsageError, match="too few"):
        shown.extend(clip.stream("what?", schema=as_schema(ENDLESS), max_new_tokens=9))
    assert shown == []


def test_it_is_text_in_python(clip: Clip) -> None:
    schema: Any = {"type": "null"}
    with pytest.raises(UsageError, match="JSON as text"):
        clip.ask("what?", schema=schema)
    with pytest.raises(UsageError, match="one by one"):
        answer_together([clip], "what?", schema='{"type": "null"}')
    with pytest.raises(UsageError, match="no JSON schema"):
        as_schema({"enum": [float("nan")]})


def test_a_long_conversation_may_be_json(folder: Path, tmp_path: Path) -> None:
    make_clip(tmp_path / "long.mp4", [1000 * number for number in range(240)])
    talk = load(str(folder), keep=False).watch(tmp_path / "long.mp4", frames=1).converse()
    for question in ("what is shown at 2:10?", "and then?", "what happens?"):
        *_, answer = talk.stream(question, schema=as_schema(SCHEMAS["fields"]), max_new_tokens=100)
        assert isinstance(answer, Answer)
        jsonschema.validate(answer.to_record()["object"], SCHEMAS["fields"])


def test_turns_of_a_conversation_may_be_json(clip: Clip) -> None:
    talk, schema = clip.converse(), as_schema(SCHEMAS["fields"])
    for question in ("what?", "and then?"):
        *_, answer = talk.stream(question, schema=schema, max_new_tokens=100)
        assert isinstance(answer, Answer)
        jsonschema.validate(json.loads(answer.text), SCHEMAS["fields"])
    assert len(talk.turns) == 2


def test_a_long_clip_answers_from_its_windows(folder: Path, tmp_path: Path) -> None:
    make_clip(tmp_path / "long.mp4", [1000 * number for number in range(240)])
    long = load(str(folder), keep=False).watch(tmp_path / "long.mp4", frames=1)
    schema = as_schema(SCHEMAS["fields"])
    for question, at_s in (("what is shown at 2:10?", 130), ("what happens?", None)):
        answer = long.ask(question, schema=schema, max_new_tokens=100)
        jsonschema.validate(json.loads(answer.text), SCHEMAS["fields"])
        assert (answer.is_json, answer.claims) == (True, None)
        assert bool(answer.looked_at) == (at_s is not None)
        assert all(start_s <= 130 <= end_s for start_s, end_s in answer.looked_at)
    assert long.ask("what is shown at 2:10?", max_new_tokens=4).claims is not None


@pytest.fixture
def ask(
    folder: Path, video: Path, capsys: pytest.CaptureFixture[str]
) -> Iterator[Callable[..., tuple[int, str, str]]]:
    def asked(*words: str) -> tuple[int, str, str]:
        capsys.readouterr()
        how = ("-m", str(folder), "--no-server", "--max-new-tokens", "100")
        status = run(["ask", str(video), "what?", *how, *words])
        return status, *capsys.readouterr()

    return asked


def test_the_command_line(ask: Any, tmp_path: Path) -> None:
    file = tmp_path / "schema.json"
    file.write_text(json.dumps(SCHEMAS["fields"], indent=1))
    status, out, _ = ask("--schema", str(file))
    assert status == 0
    jsonschema.validate(json.loads(out), SCHEMAS["fields"])
    status, line, _ = ask("--schema", str(file), "--json")
    record = json.loads(line)
    assert record["object"] == json.loads(out) == json.loads(record["answer"])
    assert json.loads(record["settings"]["schema"]) == SCHEMAS["fields"]


def test_what_cannot_be_shown_is_escaped_as_json(ask: Any, tmp_path: Path) -> None:
    odd, file = "\x85\u202e\U0001f408", tmp_path / "schema.json"
    file.write_text(json.dumps({"enum": [odd]}))
    _, out, _ = ask("--schema", str(file))
    assert json.loads(out) == odd
    assert "\x85" not in out
    assert "\u202e" not in out


def test_a_schema_that_nothing_fits_is_said_once(
    ask: Any, tmp_path: Path, video: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "schema.json"
    file.write_text('{"type": 7}')
    monkeypatch.setattr("vidqa.engine.Model.watched", None)
    status, out, err = ask("--schema", str(file), "-o", str(tmp_path / "out.jsonl"))
    assert (status, out) == (2, "")
    assert err.count("nothing can be written") == 1


@pytest.mark.parametrize(
    ("content", "words", "said"),
    [
        (None, (), "cannot be read"),
        ('{"enum": [NaN]}', (), "no JSON schema"),
        ("{", (), "is no JSON"),
        ('{"type": 7}', (), "nothing can be written"),
        ('{"type": "null"}', ("--choices", "yes,no"), "neither with --choices nor with --batch"),
        ('{"type": "null"}', ("--batch", "2"), "neither with --choices nor with --batch"),
    ],
)
def test_what_makes_no_sense_is_said(
    ask: Any, tmp_path: Path, content: str | None, words: tuple[str, ...], said: str
) -> None:
    file = tmp_path / "schema.json"
    if content is not None:
        file.write_text(content)
    status, out, err = ask("--schema", str(file), *words)
    assert (status, out) == (2, "")
    assert said in err
