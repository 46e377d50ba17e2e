"""What the documents say: links lead somewhere, and commands work as they are written."""

import io
import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

import vidqa
from vidqa.cli.app import program, run

ROOT = Path(__file__).parents[1]
DEMO = Path(vidqa.__file__).parent / "data" / "demo.mp4"
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
LINK = re.compile(r"\]\((?!https?:)([^)#]*)(?:#([\w-]+))?\)")
BLOCK = re.compile(r"^```(?:sh|console)\n(.*?)^```", re.MULTILINE | re.DOTALL)
ENDS = {"|", "||", "&&", ";", ")", ">", ">>", "<", "\\;", ";;"}
"""What stands behind a command in a shell."""


def commands(page: Path) -> Iterator[list[str]]:
    """The words behind every `vidqa` in the blocks of a page that show a shell."""
    for block in BLOCK.findall(page.read_text()):
        prompts = [line[2:] for line in block.splitlines() if line.startswith("$ ")]
        text = re.sub(r"<<'END'\n.*?^END$", "", block, flags=re.MULTILINE | re.DOTALL)
        for line in prompts or text.replace("\\\n", " ").splitlines():
            yield from _in_line(line)


def _in_line(line: str) -> Iterator[list[str]]:
    reader = shlex.shlex(line, posix=True, punctuation_chars=True)
    reader.wordchars += ".,:%@={}[]$?!*"
    words = list(reader)
    for place, word in enumerate(words):
        if word == "vidqa" and (place == 0 or words[place - 1] not in {"install", "import"}):
            behind = words[place + 1 :]
            end = next((n for n, one in enumerate(behind) if one in ENDS), len(behind))
            if end < len(behind) and behind[end][0] in "<>" and behind[end - 1].isdigit():
                end -= 1
            yield behind[:end]


ALL = [
    pytest.param(words, id=f"{page.stem}: {' '.join(words)[:60]}")
    for page in PAGES
    for words in commands(page)
    if words
]


def test_there_are_commands() -> None:
    assert len(ALL) > 60


@pytest.mark.parametrize("words", ALL)
def test_every_command_can_be_typed(words: list[str]) -> None:
    command: Any = typer.main.get_command(program())
    context = None
    while hasattr(command, "commands"):
        context = command.make_context("vidqa", list(words), parent=context)
        rest = [*context._protected_args, *context.args]
        if not rest:
            return
        _, command, words = command.resolve_command(context, rest)
    command.make_context("vidqa", list(words), parent=context)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_links_lead_somewhere(page: Path) -> None:
    for target, anchor in LINK.findall(page.read_text()):
        file = (page.parent / target).resolve() if target else page
        assert file.exists(), target
        if anchor:
            titles = re.findall(r"^#+ (.*)$", file.read_text(), re.MULTILINE)
            known = {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}
            assert anchor in known, f"{target}#{anchor}"


def test_the_readme_takes_ten_minutes() -> None:
    assert len((ROOT / "README.md").read_text().splitlines()) <= 200


NEEDS_MORE = (
    "pull",
    "add",
    "rm",
    "set",
    "train",
    "convert",
    "eval",
    "-m",
    "--model",
    "--speech",
    "--recipe",
)
"""Words of commands that want models, files or hours beyond the starter and a clip."""
STATUSES = {0, 1, 3, 24, 40, 41}
"""Those of commands that did what they were told; stdout of a test is no terminal."""


@pytest.fixture
def things(own_cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with what the documents speak of."""
    for name in ("src/vidqa/data/demo.mp4", "clips/demo.mp4", "clips/nasa.mp4", "clips/a/001.mp4"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(DEMO, tmp_path / name)
    for name in ("clip.mp4", "talk.mp4", "film.mkv", "black.mp4"):
        shutil.copy(DEMO, tmp_path / name)
    (tmp_path / "clips" / "notes.mp4").write_text("no clip")
    (tmp_path / "questions.txt").write_text("What is shown?\n")
    (tmp_path / "film.en.srt").write_text("1\n00:00:01,000 --> 00:00:02,000\nHello there.\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.slow
@pytest.mark.network
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_command_does_what_it_is_told(
    page: Path, things: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for words in commands(page):
        if not words or any(word in NEEDS_MORE for word in words) or words == ["doctor"]:
            continue
        typed = [str(things / "clip.mp4") if word in {"{}", "$clip"} else word for word in words]
        typed = [one for word in typed for one in _globbed(word)]
        typed = [
            re.sub(r"^12:30$|^14:00$", lambda m: "1" if m[0] == "12:30" else "9", one)
            for one in typed
        ]
        clips = "".join(f"{one}\0" for one in sorted(Path("clips").glob("*.mp4")))
        is_chat = words[0] == "chat"
        told = "What is shown first?\n" if is_chat else clips
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(told.encode())))
        status = run([*typed, *(["--force"] if _would_replace(typed) else [])])
        out, err = capsys.readouterr()
        assert status in STATUSES, f"{words}: {status}\n{err}\n{out}"


def _globbed(word: str) -> list[str]:
    return sorted(map(str, Path().glob(word))) if "*" in word and "/" in word else [word]


def _would_replace(words: list[str]) -> bool:
    """Whether a page names one file twice."""
    if words[0] not in {"ask", "summarize", "transcribe", "frames"} or "-o" not in words:
        return False
    return Path(words[words.index("-o") + 1]).exists() and "--force" not in words
