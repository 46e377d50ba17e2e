"""vidqa as a model of lmms-eval: `lmms-eval --model vidqa --model_args model=NAME`."""

from collections.abc import Callable, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from lmms_eval.api.model import lmms

from vidqa import engine
from vidqa.engine import Clip
from vidqa.errors import UsageError
from vidqa.media.viewing import Viewing
from vidqa.types.loading import LoadSettings

SETTINGS = ("max_new_tokens", "temperature", "top_p")
"""What a task may say about an answer, and vidqa heeds."""


class LmmsModel(lmms):  # type: ignore[misc]
    """Answers lmms-eval's requests, each about one video or one picture."""

    def __init__(
        self,
        model: str = "starter",
        *,
        device: str | None = None,
        dtype: str = "auto",
        frames: int | str | None = None,
        subtitles: str = "off",
        batch_size: int | str = 1,
        **others: Any,
    ) -> None:
        """Load a model.

        Args:
            model: one of `vidqa models list`, or a folder.
            device: as `--device`.
            dtype: as `--dtype`.
            frames: frames of a video; the model's own number if None.
            subtitles: the words beside them: `off`, `auto` or `speech`.
            batch_size: 1; answers are written one by one.
            **others: refused, but for None and what lmms-eval adds itself.

        Raises:
            UsageError: an argument is none of these.

        """
        super().__init__()
        unknown = sorted(one for one, value in others.items() if value is not None)
        if unknown:
            raise UsageError(f"--model_args {unknown[0]}: vidqa has no such argument")
        if str(batch_size) not in ("1", "auto"):
            raise UsageError("answers are written one by one", hint="--batch_size 1")
        try:
            count = None if frames is None else int(frames)
        except ValueError as error:
            raise UsageError(f"--model_args frames={frames}: that is no number") from error
        settings = LoadSettings(device=device or "auto", dtype=dtype)
        self._model = engine.load(model, settings, frames=count)
        known: Any = subtitles
        self._viewing = Viewing(frames=count, subtitles=known)
        self._open: tuple[tuple[str, ...], Clip] | None = None

    def generate_until(self, requests: Sequence[Any]) -> list[str]:
        """Return the answer to each request, up to the first of its stop texts."""
        return [self._written(*request.args) for request in requests]

    def loglikelihood(self, requests: Sequence[Any]) -> list[tuple[float, bool]]:
        """Return how unlikely each given answer is, per token in nats, and whether it is written.

        As lmms-eval's own models do: the least is the likeliest.
        """
        return [self._likely(*request.args) for request in requests]

    def generate_until_multi_round(self, requests: Sequence[Any]) -> list[str]:
        """Refuse: rounds are of tasks about pictures alone."""
        raise UsageError("vidqa answers lmms-eval's tasks of one round")

    def _written(
        self, text: str, how: dict[str, Any], shown: Any, number: Any, task: str, split: str
    ) -> str:
        given = {name: how[name] for name in SETTINGS if how.get(name) is not None}
        if how.get("do_sample") is False or not given.get("temperature"):
            given = {name: value for name, value in given.items() if name == "max_new_tokens"}
        with self._clip(self._visuals(shown, number, task, split)) as clip:
            answer: str = clip.ask(text, windows="off", **given).text
        until = how.get("until") or []
        for stop in [until] if isinstance(until, str) else until:
            if stop:
                answer = answer.partition(stop)[0]
        return answer

    def _likely(
        self, text: str, target: Any, shown: Any, number: Any, task: str, split: str
    ) -> tuple[float, bool]:
        doc = self.task_dict[task][split][number]
        wanted = target if isinstance(target, str) else str(target(doc))
        with self._clip(self._visuals(shown, number, task, split)) as clip:
            (choice,) = clip.rank(text, [wanted])
            most = len(self._model.loaded.encode(wanted)) + 1
            written = clip.ask(text, windows="off", max_new_tokens=most).text
        is_written = written.strip() == wanted.strip()
        return choice.nll_per_token, is_written

    def _visuals(
        self, shown: Callable[[Any], list[Any]], number: Any, task: str, split: str
    ) -> list[Any]:
        return list(shown(self.task_dict[task][split][number]) or [])

    @contextmanager
    def _clip(self, visuals: list[Any]) -> Any:
        """Watch what a request shows; the last video stays open for the next question."""
        if len(visuals) != 1:
            raise UsageError(f"vidqa answers about one video or picture, not {len(visuals)}")
        (visual,) = visuals
        if isinstance(visual, str | Path):
            key = (str(visual),)
            if self._open is None or self._open[0] != key:
                self._open = None  # before another takes its memory
                self._open = key, self._model.watch(visual, self._viewing)
            yield self._open[1]
            return
        with TemporaryDirectory(prefix="vidqa-lmms-") as folder:
            file = Path(folder) / "picture.png"
            visual.convert("RGB").save(file)
            yield self._model.watch(file, self._viewing)
