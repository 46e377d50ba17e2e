"""lmms-eval drives vidqa: its own registry, task and loop, where it is installed."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from clips import make_clip
from vidqa.engine import Model
from vidqa.errors import UsageError

lmms_eval = pytest.importorskip("lmms_eval", reason="lmms-eval takes a venv of its own")
pytestmark = pytest.mark.filterwarnings("ignore")
DOCS = [{"question": "what is it?", "answer": "red"}, {"question": "and now?", "answer": "blue"}]


@pytest.fixture
def adapter(model: Model) -> Any:
    """What lmms-eval finds by the name `vidqa`, with two questions of a task."""
    from lmms_eval.models.registry_v2 import ModelRegistryV2

    registry = ModelRegistryV2()
    registry.load_entrypoint_manifests()
    made = registry.get_model_class("vidqa")(model="vidqa", batch_size="1", max_batch_size=None)
    made.task_dict = {"task": {"test": DOCS}}
    return made


def request(kind: str, arguments: tuple[Any, ...]) -> Any:
    from lmms_eval.api.instance import Instance

    about = {"task": "task", "doc_id": 0, "repeats": 1}
    return Instance(request_type=kind, arguments=arguments, idx=0, metadata=about)


def shown(path: Path) -> Callable[[Any], list[Any]]:
    return lambda doc: [str(path)]


def test_it_writes_as_vidqa_does(adapter: Any, model: Model, tmp_path: Path) -> None:
    film = tmp_path / "film.mp4"
    make_clip(film, range(0, 1000, 100))
    how = {"max_new_tokens": 4, "temperature": 0, "until": ["\n\n"], "do_sample": False}
    asked = [
        request("generate_until", (doc["question"], how, shown(film), at, "task", "test"))
        for at, doc in enumerate(DOCS)
    ]
    clip = model.watch(film, subtitles="off")
    own = [clip.ask(doc["question"], max_new_tokens=4).text for doc in DOCS]
    assert adapter.generate_until(asked) == own


def test_it_ranks_as_vidqa_does(adapter: Any, model: Model, tmp_path: Path) -> None:
    film = tmp_path / "film.mp4"
    make_clip(film, range(0, 1000, 100))
    asked = [
        request("loglikelihood", ("what?", target, shown(film), 0, "task", "test"))
        for target in ("red", lambda doc: doc["answer"], "green")
    ]
    found = adapter.loglikelihood(asked)
    assert found[0] == found[1]
    ranked = model.watch(film, subtitles="off").rank("what?", ["red", "green"])
    least = min((found[0][0], "red"), (found[2][0], "green"))
    assert least[1] == ranked[0].text
    assert least[0] == pytest.approx(ranked[0].nll_per_token)


def test_a_picture_is_shown(adapter: Any) -> None:
    picture = Image.new("RGB", (64, 48), "red")
    asked = request("generate_until", ("what?", {}, lambda doc: [picture], 0, "task", "test"))
    assert isinstance(adapter.generate_until([asked])[0], str)
    two = request("generate_until", ("what?", {}, lambda doc: [picture] * 2, 0, "task", "test"))
    with pytest.raises(UsageError, match="one video or picture, not 2"):
        adapter.generate_until([two])


def test_unknown_arguments_are_refused(adapter: Any) -> None:
    with pytest.raises(UsageError, match="no such argument"):
        type(adapter)(model="vidqa", fps=2)
    with pytest.raises(UsageError, match="one by one"):
        type(adapter)(model="vidqa", batch_size=4)
