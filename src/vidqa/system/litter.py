"""Files that operating systems leave in folders: previews, bins, display settings."""

from pathlib import PurePath

FOLDERS = frozenset(
    {
        *("#recycle", "#snapshot", "$recycle.bin", "@eadir", "@recently-snapshot", "@recycle"),
        *("__macosx", "lost+found", "recycler", "system volume information"),
    }
)
"""Names of folders, in lower case."""
FILES = frozenset({"desktop.ini", "ehthumbs.db", "icon\r", "thumbs.db"})
"""Names of files, in lower case."""


def is_litter(path: PurePath) -> bool:
    """Return True if a file, by its path below a user's folder, was left there by a system."""
    *folders, name = (part.lower() for part in path.parts)
    return name in FILES or bool(FOLDERS.intersection(folders))
