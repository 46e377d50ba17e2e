"""Detect the language of a question, and whether a model speaks it."""

from vidqa.errors import UsageError
from vidqa.media.languages import NAMES, read_language
from vidqa.models.registry import MODELS
from vidqa.models.spec import ModelSpec

CERTAIN = 8.0
"""Log-odds (nats) at which a question is in another language: `dog or cat?` is not Welsh."""


def language_warnings(question: str, spec: ModelSpec) -> tuple[str, ...]:
    """Return a warning if the model does not speak the question's language."""
    if not spec.languages:
        return ()
    asked_in = foreign(question, spec.languages)
    if asked_in is None:
        return ()
    others = [other.name for other in MODELS.values() if asked_in in other.languages]
    instead = f"; {others[0]} speaks it" if others else ""
    known = ", ".join(spec.languages)
    return (f"the question looks like {asked_in!r}; {spec.name} understands only {known}{instead}",)


def language_name(code: str, spec: ModelSpec) -> str:
    """Return the English name of the language that a model is to answer in.

    Raises:
        UsageError: the model does not speak it, or its name is not known.

    """
    from transformers.models.whisper.tokenization_whisper import LANGUAGES  # a hundred names

    language = read_language(code)
    if spec.languages and language not in spec.languages:
        speak = [one.name for one in MODELS.values() if language in one.languages]
        raise UsageError(
            f"{spec.name} answers only in {', '.join(spec.languages)}, not in {language}",
            hint=f"-m {speak[0]}" if speak else "vidqa models list",
        )
    if language not in LANGUAGES:
        raise UsageError(f"the name of the language {code!r} is not known")
    return LANGUAGES[language].title()


def foreign(question: str, known: tuple[str, ...]) -> str | None:
    """Return the language of a question (ISO 639) if it is surely none of the known ones."""
    import py3langid  # loads its model on import

    # only widely written languages; among hundreds, a name or two would decide
    ranked = {code: score for code, score in py3langid.rank(question) if code in NAMES}
    best = max(ranked, key=lambda language: ranked[language])
    margin = ranked[best] - max(ranked[language] for language in known)
    return best if best not in known and margin >= CERTAIN else None
