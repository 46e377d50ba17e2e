"""Tools of the Model Context Protocol, driven by the SDK's own client."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client

from vidqa.cli.app import run
from vidqa.engine import Model
from vidqa.serve.http.office import Office
from vidqa.serve.http.roots import HIDDEN, Roots
from vidqa.serve.running import office_of
from vidqa.serve.socket.identity import Wanted
from vidqa.serve.tools import tool_server
from vidqa.types.loading import LoadSettings

TOOLS = {
    "ask_about_video",
    "summarize_video",
    "transcribe_video",
    "find_frames",
    "video_info",
}
pytestmark = pytest.mark.numbers


@pytest.fixture
def offices() -> list[Office]:
    """Those that were opened."""
    return []


@pytest.fixture
def call(model: Model, model_folder: Path, clips: Path, offices: list[Office]) -> Any:
    """Call tools one after the other: whether each failed, and what it says."""

    def opened() -> Office:
        offices.append(opened_office(model, model_folder, clips))
        return offices[-1]

    def called(*calls: tuple[str, dict[str, Any]]) -> list[tuple[bool, Any]]:
        async def body() -> list[tuple[bool, Any]]:
            async with Client(tool_server(opened)) as client:
                return [said(await client.call_tool(*one)) for one in calls]

        try:
            return anyio.run(body)
        finally:
            for office in offices:
                office.desk.close()

    return called


def opened_office(model: Model, model_folder: Path, clips: Path) -> Office:
    load = LoadSettings()
    mine = Wanted.by(str(model_folder), load, frames=8, caches=4)
    roots = Roots.of([clips], most_bytes=0, uploads=clips)
    office = office_of(model, mine, load, roots, most_waiting=8)
    office.desk.start()
    return office


def said(result: Any) -> tuple[bool, Any]:
    if result.is_error:
        return True, result.content[0].text
    return False, json.loads(result.content[0].text)


def test_what_it_offers() -> None:
    async def body() -> Any:
        async with Client(tool_server(lambda: pytest.fail("nothing is loaded"))) as client:
            return await client.list_tools()

    tools = {one.name: one for one in anyio.run(body).tools}
    assert set(tools) == TOOLS
    for one in tools.values():
        assert one.description
        assert one.annotations.read_only_hint
        assert "path" in one.input_schema["required"]
        assert "ctx" not in one.input_schema["properties"]


def test_tools_say_what_the_commands_do(
    call: Callable[..., Any], clips: Path, model_folder: Path, offices: list[Office],
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    one, model = str(clips / "one.mp4"), ("-m", str(model_folder))
    answers = call(
        ("ask_about_video", {"path": one, "question": "what is red?"}),
        ("ask_about_video", {"path": one, "question": "what?", "start_s": 0.5}),
        ("summarize_video", {"path": one, "length": "short"}),
        ("find_frames", {"path": one, "frames": 3}),
        ("video_info", {"path": one}),
    )
    assert len(offices) == 1, "the model is loaded once"
    capsys.readouterr()
    for (failed, record), words in zip(
        answers,
        [
            ("ask", one, "what is red?", *model, "--json", "--no-server"),
            ("ask", one, "what?", *model, "--json", "--no-server", "--start", "0.5"),
            ("summarize", one, *model, "--length", "short", "-f", "json"),
            ("frames", one, *model, "--frames", "3", "--json"),
            ("info", one, "--json"),
        ],
        strict=True,
    ):
        assert not failed, record
        assert run(list(words)) == 0
        own = json.loads(capsys.readouterr().out)
        assert record == own


def test_progress_is_reported(model: Model, model_folder: Path, clips: Path) -> None:
    told = list[str | None]()

    async def heard(_done: float, _whole: float | None, message: str | None) -> None:
        told.append(message)

    office = opened_office(model, model_folder, clips)

    async def body() -> None:
        async with Client(tool_server(lambda: office)) as client:
            asked = {"path": str(clips / "one.mp4"), "question": "what?"}
            await client.call_tool("ask_about_video", asked, progress_callback=heard)

    anyio.run(body)
    office.desk.close()
    assert {"prefill", "generate"} <= set(told)


def test_what_cannot_be_done_is_said(call: Callable[..., Any], clips: Path) -> None:
    (clips.parent / "outside.mp4").write_bytes((clips / "one.mp4").read_bytes())
    refused = call(
        ("video_info", {"path": str(clips.parent / "outside.mp4")}),
        ("video_info", {"path": "https://example.org/x.mp4"}),
        ("video_info", {"path": "data:video/mp4;base64,AAAA"}),
        ("video_info", {"path": str(clips / "broken.mp4")}),
        ("ask_about_video", {"path": str(clips / "one.mp4"), "question": " "}),
        ("find_frames", {"path": str(clips / "one.mp4"), "frames": 100}),
        ("summarize_video", {"path": str(clips / "one.mp4"), "length": "endless"}),
    )
    assert all(failed for failed, _ in refused)
    texts = [text for _, text in refused]
    assert "not a file that this server may open" in texts[0]
    assert "broken.mp4" in texts[3]
    assert HIDDEN not in texts[3]
    assert "8 frames of a clip at most" in texts[5]


def test_a_model_that_cannot_be_loaded_is_said_each_time() -> None:
    from vidqa.errors import ModelMissingError

    def missing() -> Office:
        raise ModelMissingError("the model is not in the cache")

    async def body() -> list[Any]:
        async with Client(tool_server(missing)) as client:
            return [await client.call_tool("video_info", {"path": "/x"}) for _ in range(2)]

    for failed, text in map(said, anyio.run(body)):
        assert failed
        assert text.endswith(": the model is not in the cache")


def test_a_process_speaks_it_over_stdio(clips: Path, model_folder: Path) -> None:
    words = ["-m", "vidqa", "mcp", str(clips), "-m", str(model_folder)]
    params = StdioServerParameters(command=sys.executable, args=words)

    async def body() -> tuple[bool, Any]:
        with anyio.fail_after(120):
            async with Client(stdio_client(params)) as client:
                return said(await client.call_tool("video_info", {"path": f"{clips}/one.mp4"}))

    failed, record = anyio.run(body)
    assert not failed
    assert record["duration_s"] == pytest.approx(1.14)


def test_a_folder_that_is_not_there_is_said(
    tmp_path: Path, model_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["mcp", str(tmp_path / "no"), "-m", str(model_folder)]) == 2
    assert "is no folder" in capsys.readouterr().err
