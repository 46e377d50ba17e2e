"""`vidqa serve`: one process that keeps the model loaded."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from vidqa.cli import parse
from vidqa.cli.command import grouped
from vidqa.cli.groups import ModelOptions, NoiseOptions, WatchSetup
from vidqa.cli.render.status import StatusReporter
from vidqa.cli.render.stdout import put
from vidqa.cli.runs.serving import ServeRun, stop_server
from vidqa.errors import UsageError
from vidqa.media.viewing import Viewing
from vidqa.serve.settings import MOST_WAITING, ServeSettings
from vidqa.serve.socket.address import VARIABLE, server_socket
from vidqa.types.clock import read_seconds
from vidqa.types.exit_codes import ExitCode
from vidqa.types.loading import LoadSettings

PORT = 8430
MEGABYTE = 1_000_000

Host = Annotated[
    str,
    typer.Option(
        metavar="ADDRESS",
        help="Where to listen. Another than this machine's own takes a --token-file.",
    ),
]
Port = Annotated[
    int, typer.Option(metavar="N", min=0, max=65535, help="For HTTP; 0 takes a free one.")
]
RootFolders = Annotated[
    list[Path] | None,
    typer.Option(
        "--root",
        metavar="FOLDER",
        help="Clips that may be named over HTTP are below it; may be given several times. Without "
        "it clips have to be sent.",
    ),
]
TokenFile = Annotated[
    Path | None,
    typer.Option(
        "--token-file",
        metavar="FILE",
        help="Its first line is a secret that requests over HTTP must have.",
    ),
]
MostUpload = Annotated[
    int, typer.Option("--max-upload", metavar="MB", min=1, help="Of a clip that is sent.")
]
MostWaiting = Annotated[
    int, typer.Option("--queue", metavar="N", min=1, help="Requests that wait, at most.")
]
Idle = Annotated[
    str | None,
    typer.Option(metavar="TIME", help="End after as long without work, such as 15m."),
]
Stop = Annotated[bool, typer.Option("--stop", help="End the server that runs.")]
Frames = Annotated[
    int | None,
    typer.Option(
        metavar="N",
        min=1,
        help="Frames of a clip that memory is planned for. [default: the model's own]",
    ),
]


@dataclass(frozen=True, kw_only=True)
class ServeOptions:
    """Where to listen, and what is allowed."""

    host: Host = "127.0.0.1"
    port: Port = PORT
    root: RootFolders = None
    token_file: TokenFile = None
    max_upload: MostUpload = 64
    queue: MostWaiting = MOST_WAITING
    idle: Idle = None
    frames: Frames = None

    @property
    def token(self) -> str | None:
        """The secret; None if there is none. Raises UsageError."""
        if self.token_file is None:
            return None
        try:
            token = self.token_file.read_text(encoding="utf-8").partition("\n")[0].strip()
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"{self.token_file} cannot be read") from error
        if not token:
            raise UsageError(f"the first line of {self.token_file} is empty")
        return token

    @property
    def idle_s(self) -> float | None:
        """Seconds without work after which it ends. Raises UsageError."""
        if self.idle is None:
            return None
        try:
            seconds = read_seconds(self.idle)
        except ValueError as error:
            raise UsageError(f"--idle {error}", hint="--idle 15m") from error
        if seconds <= 0:
            raise UsageError("--idle must be longer than nothing", hint="--idle 15m")
        return seconds


@grouped
def serve(
    serving: ServeOptions,
    load: LoadSettings,
    model: ModelOptions,
    noise: NoiseOptions,
    stop: Stop = False,
) -> ExitCode:
    """Keep a model loaded, for programs and for `vidqa ask`. Over HTTP and a Unix socket."""
    socket = server_socket()
    if socket is None:
        raise UsageError(f"{VARIABLE} is off", hint=f"unset {VARIABLE}")
    if stop:
        put(f"{stop_server()}\n")
        return ExitCode.ANSWERED
    setup = WatchSetup(
        model=model.model,
        load=load,
        viewing=Viewing(frames=serving.frames),
        may_download=not model.offline,
    )
    settings = ServeSettings(
        socket=socket,
        host=serving.host,
        port=serving.port,
        token=serving.token,
        roots=tuple(serving.root or ()),
        most_bytes=serving.max_upload * MEGABYTE,
        idle_s=serving.idle_s,
        most_waiting=serving.queue,
    )
    caches = parse.caches_held(has_choices=True, grounding=True)
    return ServeRun(settings, setup, caches, StatusReporter(**vars(noise))).run()
