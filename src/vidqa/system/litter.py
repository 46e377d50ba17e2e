"""What systems leave in people's folders: previews, bins, notes of how a folder is shown."""

from pathlib import PurePath

FOLDERS = frozenset(
    {
        *("#recycle", "#snapshot", "$recycle.bin", "@eadir", "@recently-snapshot", "@recycle"),
        *("__macosx", "lost+found", "recycler", "system volume information"),
    }
)
"""In lower case."""
FILES = frozenset({"desktop.ini", "ehthumbs.db", "icon\r", "thumbs.db"})
"""In lower case."""


def is_litter(path: PurePath) -> bool:
    """Whether a file, by its path below a folder of somebody's own, is nobody's work."""
    *folders, name = (part.lower() for part in path.parts)
    return name in FILES or bool(FOLDERS.intersection(folders))
