"""Who judges: a model here, or one behind an address that OpenAI's clients know."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol

from vidqa.engine import Model
from vidqa.engine.remote.server import Server
from vidqa.errors import EngineError, EngineGoneError, UsageError
from vidqa.models.resolve import resolve
from vidqa.models.store.store import Store
from vidqa.tasks.evaluate.judging.aspects import Case

NEW_TOKENS = 256
"""Tokens of a verdict at most."""
AT_ONCE = 4
"""Requests to a server at once."""
SAMPLING = {"temperature": 0, "max_tokens": NEW_TOKENS}


@dataclass(frozen=True, slots=True)
class Said:
    """What a judge said, or why it said nothing."""

    text: str
    error: str | None = None


class Judge(Protocol):
    """Says something about a prompt, the same each time as far as it can."""

    @property
    def record(self) -> dict[str, str]:
        """Return what it is known by in results; `name` is one of it."""

    def said(self, cases: Sequence[Case]) -> Iterator[Said]:
        """Yield what it says about each case, in order. Raises VidqaError: it cannot be asked."""


@dataclass(frozen=True, slots=True)
class LocalJudge:
    """A model that is loaded here when there is something to judge; it is shown no clip."""

    name: str
    revision: str
    load: Callable[[], Model]

    @property
    def record(self) -> dict[str, str]:
        """Return its name and revision."""
        return {"name": self.name, "revision": self.revision}

    def said(self, cases: Sequence[Case]) -> Iterator[Said]:
        """Yield what it writes, token after token the likeliest."""
        if not cases:
            return
        model = self.load()
        for case in cases:
            try:
                yield Said(model.write(case.prompt, max_new_tokens=NEW_TOKENS).text)
            except UsageError as error:  # an answer that is too long for it
                yield Said("", error.message)


@dataclass(frozen=True, slots=True)
class RemoteJudge:
    """A model behind `/chat/completions`."""

    server: Server
    model: str

    @classmethod
    def at(cls, url: str, model: str | None) -> "RemoteJudge":
        """Reach a server; without a name its only model is taken.

        Raises:
            UsageError: it is no address, or has several models.
            EngineGoneError: it cannot be reached.

        """
        server = Server.at(url, "--judge")
        if model is None:
            names = [str(one["id"]) for one in server.models()]
            if len(names) != 1:
                hint = f"--judge-model {(names or ['NAME'])[0]}"
                raise UsageError(f"{server.place} has {len(names)} models", hint=hint)
            model = names[0]
        return cls(server, model)

    @property
    def record(self) -> dict[str, str]:
        """Return the model's name, and where it is."""
        return {"name": self.model, "at": self.server.place}

    def said(self, cases: Sequence[Case]) -> Iterator[Said]:
        """Yield what it says, several asked at once."""
        with ThreadPoolExecutor(AT_ONCE) as pool:
            yield from pool.map(self._said, cases)

    def _said(self, case: Case) -> Said:
        asked = {"model": self.model, "messages": [{"role": "user", "content": case.prompt}]}
        try:
            answer = self.server.answer("POST", "/chat/completions", {**asked, **SAMPLING})
        except EngineError as error:
            if isinstance(error, EngineGoneError) or error.status is None:
                raise  # it would be so of other prompts
            return Said("", error.message)
        try:
            return Said(str(answer["choices"][0]["message"]["content"] or ""))
        except (KeyError, IndexError, TypeError) as error:
            raise EngineGoneError(
                f"the server at {self.server.place} answers in a form that is not OpenAI's"
            ) from error


Load = Callable[[str], Model]
"""Loads a model by its name or folder."""


def find_judge(named: str, model: str | None, load: Load) -> Judge:
    """Return a judge: behind an address, or a model that is loaded here once it is needed.

    Raises:
        VidqaError: it cannot be had.

    """
    if "://" in named:
        return RemoteJudge.at(named, model)
    if model is not None:
        raise UsageError("--judge-model is for a judge behind an address")
    local = resolve(named, Store())
    return LocalJudge(local.spec.name, local.revision, lambda: load(named))
