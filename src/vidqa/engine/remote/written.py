"""What is made of the text that a server sends."""

from collections.abc import Iterable, Iterator

BEGIN, END = "<think>", "</think>"
"""What stands around a thought, where a server does not take it out."""
THOUGHT = "the model thought before it answered; the thought was left out"


class Text:
    """The text of an answer so far, without a thought before it and blanks around it."""

    def __init__(self) -> None:
        self._all = ""
        self._told = 0
        self.thought = False
        """Whether there was a thought."""

    @property
    def text(self) -> str:
        """All of the answer."""
        return self._answer().rstrip()

    def pieces(self, given: Iterable[str]) -> Iterator[str]:
        """Yield what can be shown of the pieces that a server sends."""
        for piece in given:
            self._all += piece
            answer = self.text  # blanks at the end wait for what follows
            if len(answer) > self._told and not BEGIN.startswith(answer):  # it may become a thought
                yield answer[self._told :]
                self._told = len(answer)
        if len(self.text) > self._told:
            yield self.text[self._told :]

    def _answer(self) -> str:
        text = self._all.lstrip()
        if text.startswith(BEGIN):
            self.thought = True
            _, _, text = text.partition(END)  # nothing is shown until the thought is over
        return text.lstrip()
