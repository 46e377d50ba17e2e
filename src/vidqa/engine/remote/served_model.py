"""A model behind an address, and how clips are watched for it."""

import json
from contextlib import AbstractContextManager, nullcontext
from functools import cached_property
from pathlib import Path
from typing import Any

from vidqa.engine.remote.pictures import SentFrames, most_pixels, size_within
from vidqa.engine.remote.scoring import can_score
from vidqa.engine.remote.server import Server
from vidqa.engine.stage_timer import StageTimer
from vidqa.engine.watch.encode_frames import SeenFrames, look
from vidqa.engine.watch.fetch import Fetch, ProbedClip
from vidqa.engine.watcher import Watcher
from vidqa.errors import UsageError
from vidqa.media.places import Place
from vidqa.media.sampling.select import choose_sampling
from vidqa.media.viewing import Viewing
from vidqa.media.words.finder import WordFinder
from vidqa.models.spec import ModelSpec
from vidqa.system.cache import Cache
from vidqa.types import UNKNOWN, Maker
from vidqa.types.generation import GenerationSettings
from vidqa.types.media_info import VideoInfo


class ServedModel(Watcher):
    """A model that a server has loaded; clips are read and heard here."""

    def __init__(
        self,
        spec: ModelSpec,
        server: Server,
        *,
        maker: Maker,
        word_finder: WordFinder,
        cache: Cache | None,
        is_vidqa: bool,
    ) -> None:
        super().__init__(spec, maker=maker, word_finder=word_finder, cache=cache)
        self.server = server
        self._is_vidqa = is_vidqa
        """Whether it is `vidqa serve`, which sets up its chat template itself."""

    @property
    def answer_cache(self) -> Cache | None:
        """The cache of answers about parts of clips, if it is known which model gives them."""
        return None if self.revision == UNKNOWN else self.cache

    @cached_property
    def can_score(self) -> bool:
        """Whether the server tells how likely its model finds a given answer; it is asked once."""
        return can_score(self.server, self.named)

    @property
    def named(self) -> dict[str, Any]:
        """What every request says: the model, and how its chat template is set up."""
        template = dict(self.spec.family.template_kwargs)
        if self._is_vidqa or not template:
            return {"model": self.name}
        return {"model": self.name, "chat_template_kwargs": template}

    def asked(self, how: GenerationSettings, messages: list[dict[str, object]]) -> dict[str, Any]:
        """Return a request for an answer."""
        asked = {
            **self.named,
            "messages": messages,
            "max_tokens": how.max_new_tokens or self.spec.max_new_tokens,
            "temperature": how.temperature,
        }
        if how.temperature > 0:
            asked |= {"top_p": how.top_p, "seed": how.seed}
        if how.schema is not None:
            form = {"name": "answer", "schema": json.loads(how.schema), "strict": True}
            asked["response_format"] = {"type": "json_schema", "json_schema": form}
        return asked

    def require_thinking(self) -> None:
        """Refuse `think`. Raises UsageError."""
        raise UsageError(
            "--think is for a model in this process: a server decides itself how long one thinks",
            hint="leave --think out",
        )

    def require_scoring(self) -> None:
        """Refuse what needs log probabilities of given answers. Raises UsageError."""
        if not self.can_score:
            raise UsageError(
                f"the server at {self.server.place} does not tell how likely its model finds a "
                "given answer",
                hint="vLLM and vidqa serve do; leave --choices, --grounding and --strict out",
            )

    def errors(self) -> AbstractContextManager[None]:
        """Do nothing: the memory is the server's."""
        return nullcontext()

    def most_frames(self, viewing: Viewing) -> int:
        """Return how many frames are looked at."""
        sampling = choose_sampling(viewing.recipe_for(self.spec), viewing.sampling)
        return sampling.most(viewing.frames, self.spec.frames)

    def frame_size(self, info: VideoInfo) -> tuple[int, int] | None:
        """Return the size at which frames are sent: what is larger would be made smaller there."""
        return size_within(info, most_pixels(self.spec.family.image_kwargs))

    def fetch(self, clip: Path | Place, viewing: Viewing) -> Fetch:
        """Begin to read a clip's frames and to hear its words. See `Watcher.fetch`."""
        if viewing.compress > 1:
            raise UsageError(
                "--compress is for a model in this process: a server makes visual tokens itself",
                hint="fewer --frames",
            )
        return super().fetch(clip, viewing)

    def look(
        self, begun: ProbedClip, fetch: Fetch, viewing: Viewing, timer: StageTimer
    ) -> SeenFrames:
        """Take the frames as they come, to be sent."""
        encoded = look(SentFrames(), fetch.frames(), timer, blank=viewing.blank)
        return fetch.moments(), encoded
