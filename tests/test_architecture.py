"""Promises about the program as a whole: light to start, layered, documents in step."""

import ast
import re
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path
from statistics import median

import pytest
from grimp import ImportGraph, build_graph

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "vidqa"
HEAVY = (
    "torch", "transformers", "decord", "faster_whisper", "av", "numpy", "huggingface_hub", "rich",
)  # fmt: skip
LINES = 300
"""Of a file at most; tables of models may be longer."""
FUNCTION_LINES = 50
"""Of a function at most, its signature and docstring included."""
MEDIAN_LINES = 8
"""Half of all functions have no more."""
PLACEHOLDER = re.compile(r"@[A-Z]+@|\bTODO\b")


def packages(program: str, *arguments: str) -> set[str]:
    """The packages beyond Python's own that a program imports."""
    told = "\nimport sys; print(*{one.split('.')[0] for one in sys.modules})"
    done = subprocess.run(
        [sys.executable, "-c", program + told, *arguments],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    return set(done.stdout.splitlines()[-1].split()) - sys.stdlib_module_names


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["ask", "--help"]])
def test_help_imports_nothing_heavy(arguments: list[str]) -> None:
    program = (
        "import sys; from vidqa.cli.app import run; run(sys.argv[1:]); "
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments], check=True, capture_output=True, text=True
    )
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("argument", ["--help", "--version"])
def test_the_program_starts_with_little_more_than_typer(argument: str) -> None:
    program = "import sys; from vidqa.cli.app import run; run(sys.argv[1:])"
    assert packages(program, argument) <= packages("import typer") | {"vidqa", "platformdirs"}


def test_importing_vidqa_imports_nothing_else() -> None:
    assert packages("import vidqa") <= packages("pass") | {"vidqa"}


def test_the_public_names_exist() -> None:
    import vidqa

    assert all(getattr(vidqa, name) is not None for name in vidqa.__all__)
    with pytest.raises(AttributeError):
        _ = vidqa.nothing_of_that_name  # type: ignore[attr-defined]


def test_only_the_command_line_prints_or_exits() -> None:
    for file in SOURCE.rglob("*.py"):
        if "cli" in file.parts:
            continue
        names = {
            node.func.id
            for node in ast.walk(ast.parse(file.read_text()))
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        }
        assert not names & {"print", "exit", "quit"}, file


def functions(file: Path) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    """All functions of a file, those inside others included."""
    tree = ast.parse(file.read_text())
    kinds = ast.FunctionDef | ast.AsyncFunctionDef
    return [node for node in ast.walk(tree) if isinstance(node, kinds)]


def length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """How many lines a function has, from its signature on."""
    return (function.end_lineno or function.lineno) - function.lineno + 1


def test_files_stay_small() -> None:
    tables = SOURCE / "models" / "presets"
    lines = {
        str(file.relative_to(SOURCE)): file.read_text().count("\n")
        for file in SOURCE.rglob("*.py")
        if tables not in file.parents
    }
    assert {name: count for name, count in lines.items() if count > LINES} == {}


def test_functions_stay_small() -> None:
    lines = {
        f"{file.relative_to(SOURCE)}: {node.name}": length(node)
        for file in SOURCE.rglob("*.py")
        for node in functions(file)
    }
    assert {name: count for name, count in lines.items() if count > FUNCTION_LINES} == {}


def test_a_function_is_short_in_the_middle() -> None:
    lines = [length(node) for file in SOURCE.rglob("*.py") for node in functions(file)]
    assert len(lines) > 1000
    assert median(lines) <= MEDIAN_LINES


def test_rooms_are_small_enough_to_be_seen_at_once() -> None:
    pythons_own = {"__init__.py", "__main__.py", "__pycache__", "py.typed"}
    assert len({one.name for one in SOURCE.iterdir()} - pythons_own) <= 13
    for folder in {file.parent for file in SOURCE.rglob("*.py")}:
        files = {file.name for file in folder.glob("*.py")} - pythons_own
        assert len(files) <= 14, folder


@pytest.fixture(scope="module")
def graph() -> ImportGraph:
    """Who imports whom, for types alone included."""
    return build_graph("vidqa", cache_dir=None)


def test_no_module_is_in_a_circle(graph: ImportGraph) -> None:
    imported = {one: graph.find_modules_directly_imported_by(one) for one in graph.modules}
    assert sum(map(len, imported.values())) > 1000
    TopologicalSorter(imported).prepare()


def test_no_room_is_in_a_circle(graph: ImportGraph) -> None:
    rooms = {one for one in graph.modules if graph.find_children(one)}
    assert len(rooms) >= 30
    for room in rooms:
        inside = graph.find_children(room)
        TopologicalSorter(
            {one: {other for other in inside - {one} if _sees(graph, one, other)} for one in inside}
        ).prepare()


def _sees(graph: ImportGraph, one: str, other: str) -> bool:
    return graph.direct_import_exists(importer=one, imported=other, as_packages=True)


@pytest.mark.parametrize(
    "command",
    [
        ["-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"],
        ["scripts/build_docs.py", "--check"],
    ],
    ids=["layers", "documents"],
)
def test_the_project_keeps_its_own_rules(command: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, *command], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_files_that_the_readers_map_names_exist() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text()
    text = text[text.index("## How it is built") :]
    named = re.findall(r"`([\w/]+/(?:\w+\.(?:py|md))?)`", text)
    assert len(named) >= 50
    for name in named:
        assert (SOURCE / name).exists() or (ROOT / name).exists(), name


def test_no_document_is_half_written() -> None:
    documents = [*ROOT.glob("*.md"), *(ROOT / "man").iterdir(), *(ROOT / "benchmarks").glob("*.md")]
    assert len(documents) >= 4
    for file in documents:
        assert not PLACEHOLDER.search(file.read_text()), file


def test_the_api_is_safe_without_a_main_guard(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text("import vidqa\nvidqa.load\nprint('once')\n")
    done = subprocess.run([sys.executable, str(script)], check=True, capture_output=True, text=True)
    assert done.stdout == "once\n"
