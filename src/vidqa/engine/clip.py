"""The clip of the public API: single questions, conversations, summaries."""

from typing import Any

from vidqa.engine.conversation import Conversation
from vidqa.engine.summaries.summarize import summarize
from vidqa.engine.summaries.summary import Summary
from vidqa.engine.watched_clip import WatchedClip
from vidqa.types.summaries import Length


class Clip(WatchedClip):
    """A watched clip: ask it anything, any number of times."""

    def converse(self) -> Conversation:
        """Start a conversation: a question may refer to earlier ones and their answers."""
        return Conversation(self)

    def summarize(self, length: Length = "medium", **how: Any) -> Summary:
        """Sum the clip up. See `vidqa.engine.summaries.summarize.summarize`."""
        return summarize(self, length=length, **how)
