"""The one table from errors to exit statuses."""

from vidqa import errors
from vidqa.types.exit_codes import MEANINGS, ExitCode, exit_code

BRANCHES = {errors.VidqaError, errors.ModelError}
"""Never raised themselves, only their children are."""


def all_errors(kind: type[errors.VidqaError]) -> set[type[errors.VidqaError]]:
    return {kind}.union(*map(all_errors, kind.__subclasses__()))


def test_every_error_has_a_status_of_its_own_kind() -> None:
    kinds = all_errors(errors.VidqaError) - BRANCHES
    assert len(kinds) >= 11
    for kind in kinds:
        assert exit_code(kind("x")) != ExitCode.UNEXPECTED, kind


def test_a_special_error_wins_over_its_parent() -> None:
    assert exit_code(errors.OfflineError("x")) == ExitCode.OFFLINE == 23
    assert exit_code(errors.DownloadError("x")) == ExitCode.DOWNLOAD_FAILED == 22
    assert exit_code(errors.NoVideoStreamError("x")) == ExitCode.NO_VIDEO_STREAM == 12


def test_every_status_is_documented() -> None:
    assert list(MEANINGS) == list(ExitCode)
