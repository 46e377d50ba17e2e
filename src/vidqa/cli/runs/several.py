"""Apply a function to every clip; one bad clip does not stop the others."""

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from itertools import chain

from vidqa.cli.render.status import StatusReporter
from vidqa.cli.runs.brake import Brake
from vidqa.errors import NoSpaceError, VidqaError
from vidqa.tasks.folders.clip_list import ClipList
from vidqa.types.exit_codes import ExitCode, exit_code


@dataclass(slots=True)
class Several:
    """The clips of a command, and their results."""

    found: ClipList
    reporter: StatusReporter
    show_failure: Callable[[str, VidqaError], None]
    """Reports a failed clip on stdout; stderr gets it in any case."""
    is_forced: bool = False
    """Whether existing files are made anew."""
    done: int = field(default=0, init=False)
    before: int = field(default=0, init=False)
    """Number of clips for which nothing had to be done."""
    failures: list[VidqaError] = field(default_factory=list, init=False)
    is_stopped: bool = field(default=False, init=False)
    """Whether Ctrl-C was pressed, even if no clip is left."""

    @property
    def are(self) -> bool:
        """Whether there may be more than one."""
        return self.found.are_several

    def run(self, do: Callable[[str], bool | None], *, others: Sequence[str] = ()) -> ExitCode:
        """Apply a function to every clip.

        Args:
            do: processes one clip; returns whether anything had to be done, None to postpone it.
            others: clips that were postponed, to which `do` adds; they come last.

        Raises:
            KeyboardInterrupt: Ctrl-C was pressed; the current clip was finished.
            NoSpaceError: the disk is full.

        """
        brake = Brake()
        with brake.armed() if self.are else nullcontext():
            for clip in chain(self.found.clips, others):
                self._do(do, clip)
                if brake.is_pulled:
                    break
        self.is_stopped = brake.is_pulled
        left = len(self.found.clips) - self.done - self.before - len(self.failures)
        if self.found.is_run or self.before or left:
            self._tell(left)
        if left:
            raise KeyboardInterrupt
        if not self.failures:
            return ExitCode.ANSWERED
        return ExitCode.SOME_CLIPS_FAILED if self.are else exit_code(self.failures[0])

    def _do(self, do: Callable[[str], bool | None], clip: str) -> None:
        try:
            is_new = do(clip)
        except NoSpaceError:  # not the fault of a clip
            raise
        except VidqaError as error:
            self.failures.append(error)
            self.reporter.error(error, about=clip if self.are else None)
            self.show_failure(clip, error)
        else:
            self.done += is_new is True
            self.before += is_new is False

    def _tell(self, left: int) -> None:
        count = len(self.found.clips)
        clips = "1 clip" if count == 1 else f"{count} clips"
        parts = [f"{self.done} done", f"{len(self.failures)} failed"]
        if self.before:
            parts.append(f"{self.before} done before")
        if left:
            again = "" if self.is_forced else "; give the same command again"
            parts.append(f"{left} left{again}")
        self.reporter.note(f"{clips}: {', '.join(parts)}")
