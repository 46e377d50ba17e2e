"""Reach a server, and find out what is known of its model."""

from collections.abc import Sequence
from dataclasses import replace
from threading import Thread
from typing import Any

from vidqa.engine.asker import Asker
from vidqa.engine.remote.sent_clip import AskedClip
from vidqa.engine.remote.served_model import ServedModel
from vidqa.engine.remote.server import OnWait, Server
from vidqa.engine.speech import StoredVoices, recognizer_for
from vidqa.errors import UsageError, VidqaError
from vidqa.media.reader import Reader
from vidqa.media.words.finder import WordFinder
from vidqa.models.installed import helper_key
from vidqa.models.registry import SPEECH, known_as
from vidqa.models.spec import ModelSpec
from vidqa.models.store.store import Store
from vidqa.system.cache import Cache
from vidqa.types import UNKNOWN, Answer, Maker, Notify
from vidqa.types.generation import GenerationSettings
from vidqa.types.loading import LoadSettings
from vidqa.types.options import with_options


class RemoteModel(ServedModel, Asker[AskedClip]):
    """A model behind an address: watch clips with it."""

    @property
    def kind(self) -> type[AskedClip]:
        """The class of the clips that are watched with it."""
        return AskedClip

    def answer_together(
        self,
        clips: Sequence[AskedClip],
        question: str,
        generation: GenerationSettings | None = None,
        *,
        notify: Notify | None = None,
    ) -> Sequence[Answer | VidqaError]:
        """Ask one question about several clips, all at once."""
        found = dict[int, Answer | VidqaError]()
        raised = list[BaseException]()

        def asked(number: int) -> None:
            try:
                found[number] = clips[number].ask(question, generation)
            except VidqaError as error:
                found[number] = error
            except BaseException as error:
                raised.append(error)

        if notify is not None:
            notify("generate")
        # nobody who interrupts has to wait for a server: a pool would be waited for
        threads = [Thread(target=asked, args=(one,), daemon=True) for one in range(len(clips))]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
        if raised:
            raise raised[0]
        return [found[number] for number in range(len(clips))]


def connect(
    url: str,
    model: str | None = None,
    settings: LoadSettings | None = None,
    *,
    per_minute: float | None = None,
    on_wait: OnWait = lambda _: None,
    store: Store | None = None,
    reader: Reader | None = None,
    **given: Any,
) -> RemoteModel:
    """Let a server answer that OpenAI's clients know: frames and words of clips are sent there.

    Args:
        url: of the server, up to `/v1`.
        model: the name of one that it has; if None, its only one.
        settings: what listens, and whether anything is kept; where the model computes is the
            server's business.
        per_minute: requests at most.
        on_wait: called with what is waited for, before a request is made again.
        store: the cache to look in; the user's by default.
        reader: reads the clips; one of the model's own by default.
        **given: fields of `LoadSettings` by name: `speech`, `device`, `keep`.

    Raises:
        UsageError: it is no address, it has no such model or several, or a setting is about a model
            in this process.
        EngineGoneError: it cannot be reached, or lets nobody in.

    """
    how, store = with_options(LoadSettings, settings, given), store or Store()
    _require_elsewhere(how)
    server = Server.at(url, per_minute=per_minute, on_wait=on_wait)
    listed = server.models()
    chosen = _chosen(server, [str(one["id"]) for one in listed], model)
    told = next((one for one in listed if one["id"] == chosen), {})
    is_vidqa = told.get("owned_by") == "vidqa"
    spec = _listening(_spec(chosen), how.speech, store)
    cache = Cache() if how.keep else None
    revision = str(told.get("revision") or UNKNOWN) if is_vidqa else UNKNOWN
    return RemoteModel(
        spec,
        server,
        maker=Maker(chosen, revision, server.place, UNKNOWN),
        word_finder=_word_finder(spec, how, store, reader or Reader(), cache),
        cache=cache,
        is_vidqa=is_vidqa,
    )


def _word_finder(
    spec: ModelSpec, how: LoadSettings, store: Store, reader: Reader, cache: Cache | None
) -> WordFinder:
    recognizer, missing = recognizer_for(spec, how.speech, device=how.device, store=store)
    reader.warm()
    return WordFinder(reader, recognizer, missing=missing, cache=cache, voices=StoredVoices())


def _require_elsewhere(how: LoadSettings) -> None:
    """Refuse settings of a model in this process. Raises UsageError."""
    given = {
        "--dtype": how.dtype != "auto",
        "--kv-cache": how.kv_cache != "full",
        "--fit": how.fit,
    }
    for option, is_given in given.items():
        if is_given:
            raise UsageError(f"{option} is for a model in this process, not for a server's")


def _chosen(server: Server, known: Sequence[str], name: str | None) -> str:
    if name is not None:
        if known and name not in known:
            raise UsageError(
                f"the server at {server.place} has no model {name!r}", hint=f"-m {known[0]}"
            )
        return name
    if len(known) != 1:
        count = f"{len(known)} models" if known else "not said which models it has"
        raise UsageError(
            f"the server at {server.place} has {count}",
            hint=f"-m {known[0]}" if known else "does the address end in /v1? else -m NAME",
        )
    return known[0]


def _listening(spec: ModelSpec, named: str | None, store: Store) -> ModelSpec:
    """Take what listens from the cache, where another one is there than the usual one."""
    there = [one for one in SPEECH if store.has(helper_key(SPEECH[one]))]
    if named is not None or spec.speech in there or not there:
        return spec
    note = f"{there[-1]} listened, as {spec.speech} is not in the cache"
    return replace(spec, speech=there[-1], notes=(*spec.notes, note))


def _spec(name: str) -> ModelSpec:
    """Return how clips are shown to a model of that name: as to the preset that it seems to be."""
    return replace(known_as(name), name=name, sources=(), paper=None)
