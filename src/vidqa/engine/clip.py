"""The clip of the public API: single questions, conversations, summaries."""

from vidqa.engine.asking.is_long import is_long
from vidqa.engine.asking.long_conversation import LongConversation
from vidqa.engine.asking.windowed_clip import WindowedClip
from vidqa.engine.conversation import Conversation
from vidqa.engine.local.local_clip import LocalClip
from vidqa.engine.summaries.piecewise import Progress


class Clip(WindowedClip, LocalClip):
    """A watched clip: ask it anything, any number of times. See `WindowedClip`."""

    def converse(self, progress: Progress | None = None) -> Conversation:
        """Start a conversation: a question may refer to earlier ones and their answers.

        Args:
            progress: called with which window of a long clip is watched.

        """
        return LongConversation(self._long, progress) if is_long(self) else Conversation(self)
