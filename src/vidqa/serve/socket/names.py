"""Files as they were typed, where a server names them by their whole paths."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vidqa.errors import VidqaError
from vidqa.media.viewing import Viewing
from vidqa.serve.socket.wire import Event, read


@dataclass(frozen=True, slots=True)
class Names:
    """Files and folders by their whole paths, and as they were typed."""

    typed: Mapping[str, str]

    @classmethod
    def of(cls, video: str, viewing: Viewing) -> "Names":
        """Collect those of a clip, of what lies beside it, and of its subtitles."""
        given = [Path(video)]
        if isinstance(viewing.subtitles, Path):
            given.append(viewing.subtitles)
        typed = {str(one.absolute()): str(one) for one in given}
        folders = {
            f"{one.absolute().parent}{os.sep}": os.path.join(one.parent, "")  # noqa: PTH118
            for one in given
        }
        relative = {whole: "" if name == "./" else name for whole, name in folders.items()}
        return cls({**relative, **typed})

    def in_text(self, text: str) -> str:
        """Return a text that names files as they were typed."""
        for whole in sorted(self.typed, key=len, reverse=True):
            text = text.replace(whole, self.typed[whole])
        return text

    def read(self, line: Any) -> Event:
        """Return the event of a line. Raises the error that it is."""
        try:
            return read(line)
        except VidqaError as error:
            raise self.as_typed(error) from None

    def as_typed(self, error: VidqaError) -> VidqaError:
        """Return an error that names files as they were typed."""
        hint = error.hint and self.in_text(error.hint)
        return type(error)(self.in_text(error.message), hint=hint)
