"""JSON schemas as grammars.

The grammar is llguidance's: https://github.com/guidance-ai/llguidance.
"""

import json
from functools import lru_cache
from typing import Any

from vidqa.errors import UsageError

FORM: Any = {"whitespace_flexible": False}
"""One way to write a value: blanks would be endless."""
MOST_SAID = 200
"""Characters of what the library says."""


@lru_cache(maxsize=16)
def grammar_of(schema: str) -> str:
    """Return the grammar of a JSON schema. Raises UsageError if it is none."""
    from llguidance import LLMatcher

    try:
        grammar = LLMatcher.grammar_from_json_schema(schema, defaults=FORM)
    except ValueError as error:
        raise UsageError(f"this is no JSON schema: {plainly(str(error))}") from error
    problem = LLMatcher.validate_grammar(grammar)
    if problem:
        raise UsageError(f"nothing can be written by this schema: {plainly(problem)}")
    return grammar


def fits(text: str, schema: str) -> bool:
    """Return whether JSON fits a schema, its keys in the schema's order."""
    from llguidance import LLMatcher, LLTokenizer

    bytewise = LLTokenizer("byte")
    matcher = LLMatcher(bytewise, grammar_of(schema), log_level=0)
    compact = json.dumps(json.loads(text), ensure_ascii=False, separators=(",", ":"))
    taken = matcher.consume_tokens(bytewise.tokenize_str(compact))
    return bool(taken and matcher.is_accepting())


def plainly(text: str) -> str:
    """Return what the library says, in one short line."""
    return " ".join(text.split())[:MOST_SAID] or "it cannot be read"
