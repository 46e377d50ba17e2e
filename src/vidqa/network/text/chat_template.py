"""Chat templates, which are programs: those of third-party models run in a separate process."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

Message = Mapping[str, Any]

RunApart = Callable[[str, Sequence[Message], Mapping[str, Any]], str]
"""A function that runs `render_template` in its own process, with bounded time and memory."""

LONGEST_TEXT = 1 << 24
"""Characters of a rendered prompt at most; more than any model's context holds."""


@dataclass(frozen=True, slots=True)
class ChatTemplate:
    """A model's chat template: writes a conversation as text."""

    processor: Any
    run_apart: RunApart | None = None
    """None if the template came with a preset: then transformers runs it in this process."""

    def render(
        self, messages: Sequence[Message], *, template: str | None = None, **variables: Any
    ) -> str:
        """Return the text of a conversation, with placeholders for images.

        Args:
            messages: `role` and `content` of each turn.
            template: one of vidqa's own, in place of the model's.
            **variables: further variables of the template.

        """
        if template is not None or self.run_apart is None:
            text = self.processor.apply_chat_template(
                messages, chat_template=template, tokenize=False, **variables
            )
            return str(text)
        named = self.processor.chat_template
        own = named.get("default") if isinstance(named, dict) else named
        if own is None:
            raise ValueError("it has none")
        tokens = self.processor.tokenizer.special_tokens_map
        return self.run_apart(own, messages, {**tokens, **variables})


def render_template(
    template: str, messages: Sequence[Message], variables: Mapping[str, Any]
) -> str:
    """Render a template as transformers does, but with Jinja alone, which loads fast.

    Raises:
        ValueError: the text is longer than any context.
        jinja2.TemplateError: it cannot be read, or refuses the conversation.

    """
    from jinja2 import TemplateError
    from jinja2.ext import loopcontrols
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    def refuse(message: str) -> None:
        raise TemplateError(message)

    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[loopcontrols, _generation()]
    )
    environment.filters["tojson"] = _tojson
    environment.globals["raise_exception"] = refuse
    environment.globals["strftime_now"] = _now
    text = environment.from_string(template).render(
        messages=[dict(message) for message in messages],
        tools=None,
        documents=None,
        **{"add_generation_prompt": False, **variables},
    )
    if len(text) > LONGEST_TEXT:
        raise ValueError("the text is longer than any context")
    return text


def _tojson(
    value: Any,
    ensure_ascii: bool = False,
    indent: int | None = None,
    separators: tuple[str, str] | None = None,
    sort_keys: bool = False,
) -> str:
    """Return a value as JSON without HTML escapes, which Jinja's own filter adds."""
    return json.dumps(
        value, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys
    )


def _now(form: str) -> str:
    return datetime.now().strftime(form)


def _generation() -> type[Any]:
    """Return a Jinja extension that accepts `{% generation %}`, a mark of answers for training."""
    from jinja2 import nodes
    from jinja2.ext import Extension

    class Generation(Extension):
        tags = {"generation"}  # noqa: RUF012 - as Jinja declares it

        def parse(self, parser: Any) -> Any:
            line = next(parser.stream).lineno
            body = parser.parse_statements(("name:endgeneration",), drop_needle=True)
            return nodes.Scope(body, lineno=line)

    return Generation
