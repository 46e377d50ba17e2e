"""`vidqa cache`: what is kept of clips that were seen and heard."""

import json
import sys
from datetime import UTC, datetime
from typing import Annotated

import typer

from vidqa.cli import options
from vidqa.cli.commands.chat import HISTORY
from vidqa.cli.render.status import StatusReporter
from vidqa.cli.render.stdout import put, put_columns
from vidqa.errors import UsageError
from vidqa.media.fingerprint_cache import forget
from vidqa.system import paths
from vidqa.system.cache import Cache, read_size
from vidqa.types.exit_codes import ExitCode

app = typer.Typer(
    help="What is kept of clips, so that nothing is done twice.", no_args_is_help=True
)
MaxSize = Annotated[
    str, typer.Option("--max-size", metavar="SIZE", help="What may stay, such as 5GB or 200MB.")
]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]


@app.command("list")
def list_entries(as_json: options.Json = False) -> ExitCode:
    """List what is kept, the most recently used first. Kind, size, when it was used, clip."""
    if not as_json:
        put_columns(("kind", "size", "used", "clip"))
    for entry in Cache().entries():
        used = datetime.fromtimestamp(entry.used_s, UTC)
        if as_json:
            record = {"kind": entry.kind, "size_bytes": entry.size_bytes, "about": entry.about}
            put(json.dumps({**record, "used": used.isoformat(timespec="seconds")}) + "\n")
        else:
            size = f"{entry.size_bytes / 1e6:.1f} MB"
            day = used.strftime("%Y-%m-%d %H:%M")
            put_columns((entry.kind, size, day, entry.about))
    return ExitCode.ANSWERED


@app.command()
def size(as_json: options.Json = False) -> ExitCode:
    """Say how many bytes are kept."""
    size_bytes = Cache().size_bytes()
    put(json.dumps({"size_bytes": size_bytes}) + "\n" if as_json else f"{size_bytes}\n")
    return ExitCode.ANSWERED


@app.command()
def prune(max_size: MaxSize) -> ExitCode:
    """Throw away what was not used for longest. What is left is no larger than --max-size."""
    freed = Cache().prune(read_size(max_size))
    StatusReporter().note(f"{freed / 1e6:.1f} MB freed")
    return ExitCode.ANSWERED


@app.command()
def clear(yes: Yes = False) -> ExitCode:
    """Throw away all that is kept of clips. What was typed in `chat` goes, too; models stay."""
    cache = Cache()
    if not yes:
        if not (sys.stdin.isatty() and sys.stderr.isatty()):
            raise UsageError(
                "without a terminal this cannot ask first", hint="vidqa cache clear --yes"
            )
        typer.confirm(f"Throw away {cache.size_bytes() / 1e6:.1f} MB", abort=True, err=True)
    try:
        freed = cache.clear()
        forget()
        (paths.cache_dir() / HISTORY).unlink(missing_ok=True)
    except OSError as error:
        raise UsageError(f"{error.filename} cannot be deleted: {error.strerror}") from error
    StatusReporter().note(f"{freed / 1e6:.1f} MB freed")
    return ExitCode.ANSWERED
