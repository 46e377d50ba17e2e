"""Who judges: a model here, or one behind an address that OpenAI's clients know."""

import os
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urlsplit

from vidqa.engine import Model
from vidqa.errors import DownloadError, UsageError
from vidqa.models.resolve import resolve
from vidqa.models.store.store import Store
from vidqa.tasks.evaluate.judging.aspects import Case

NEW_TOKENS = 256
"""Tokens of a verdict at most."""
AT_ONCE = 4
"""Requests to a server at once."""
TRIES = 3
WAIT_S = 120.0
"""Seconds that a server may take for one verdict."""
AGAIN_S = 2.0
"""Seconds before a request is made again, doubled each time."""
BUSY = (408, 409, 429, 500, 502, 503, 504)
"""Statuses after which it is."""
REFUSED = (400, 413, 422)
"""Statuses of a request that is too long, or not wanted; another may be answered."""
SAMPLING = {"temperature": 0, "max_tokens": NEW_TOKENS}
KEY = "OPENAI_API_KEY"
"""The variable with what a server may want to know."""


@dataclass(frozen=True, slots=True)
class Said:
    """What a judge said, or why it said nothing."""

    text: str
    error: str | None = None


class RefusedError(DownloadError):
    """One request that a judge does not answer."""


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

    url: str
    """Up to `/v1`."""
    model: str

    @classmethod
    def at(cls, url: str, model: str | None) -> "RemoteJudge":
        """Reach a server; without a name its only model is taken.

        Raises:
            UsageError: it is no address, or has several models.
            DownloadError: it cannot be reached.

        """
        base = url.rstrip("/").removesuffix("/chat/completions")
        try:
            host = urlsplit(base).hostname
        except ValueError:
            host = None
        if host is None:
            raise UsageError(f"--judge {url!r} is no address", hint="http://127.0.0.1:8430/v1")
        if model is None:
            known = _request("GET", f"{base}/models", None).get("data")
            found = known if isinstance(known, list) else []
            names = [str(one["id"]) for one in found if isinstance(one, dict) and "id" in one]
            if len(names) != 1:
                hint = f"--judge-model {(names or ['NAME'])[0]}"
                raise UsageError(f"{base} has {len(names)} models", hint=hint)
            model = names[0]
        return cls(base, model)

    @property
    def record(self) -> dict[str, str]:
        """Return the model's name, and where it is."""
        place = urlsplit(self.url)
        return {"name": self.model, "at": f"{place.hostname}:{place.port or place.scheme}"}

    def said(self, cases: Sequence[Case]) -> Iterator[Said]:
        """Yield what it says, several asked at once."""
        with ThreadPoolExecutor(AT_ONCE) as pool:
            yield from pool.map(self._said, cases)

    def _said(self, case: Case) -> Said:
        asked = {"model": self.model, "messages": [{"role": "user", "content": case.prompt}]}
        try:
            answer = _request("POST", f"{self.url}/chat/completions", {**asked, **SAMPLING})
        except RefusedError as error:
            return Said("", error.message)
        try:
            return Said(str(answer["choices"][0]["message"]["content"] or ""))
        except (KeyError, IndexError, TypeError) as error:
            raise DownloadError(f"{self.url} answers in a form that is not OpenAI's") from error


def _request(method: str, url: str, content: Any) -> dict[str, Any]:
    """Return the JSON object that a server answers with.

    Raises:
        RefusedError: it refuses this request, not all of them.
        DownloadError: it cannot be reached, refuses, or answers with something else.

    """
    import httpx2

    key = os.environ.get(KEY)
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    why = ""
    for turn in range(TRIES):
        if turn:
            time.sleep(AGAIN_S * 2 ** (turn - 1))
        try:
            answer = httpx2.request(method, url, json=content, headers=headers, timeout=WAIT_S)
        except httpx2.HTTPError as error:
            why = f"cannot be reached: {error}"
            continue
        if answer.status_code not in BUSY:
            break
        why = f"says {answer.status_code}"
    else:
        raise DownloadError(f"the judge at {url} {why}", hint="give the same command again later")
    if answer.status_code in REFUSED:
        raise RefusedError(f"{answer.status_code}: {answer.text[:300]}")
    if answer.status_code >= 400:
        raise DownloadError(f"the judge at {url} says {answer.status_code}: {answer.text[:300]}")
    try:
        record = answer.json()
    except ValueError as error:
        raise DownloadError(f"the judge at {url} does not answer with JSON") from error
    if not isinstance(record, dict):
        raise DownloadError(f"the judge at {url} does not answer with an object")
    return record


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
