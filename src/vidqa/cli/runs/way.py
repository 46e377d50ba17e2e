"""How the questions of a run are answered."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from vidqa.errors import VidqaError
from vidqa.types import Answer

if TYPE_CHECKING:
    from vidqa.engine import Clip, Model


class Way(Protocol):
    """A way to answer questions about watched clips."""

    def check(self, model: "Model") -> None:
        """Raise UsageError if the model cannot do it with any clip."""

    def answer(self, clip: "Clip", question: str) -> Answer:
        """Answer one question about one clip."""

    def together(
        self, clips: Sequence["Clip"], question: str
    ) -> Sequence[Answer | VidqaError | None]:
        """Answer one question about several clips, in one forward pass per token.

        A clip that cannot be asked with others has None, and is asked alone.
        """
