"""Requests and answers as OpenAI's clients send and read them."""

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from vidqa.errors import UsageError
from vidqa.types.generation import GenerationSettings, as_schema

STRICT = ConfigDict(extra="forbid", allow_inf_nan=False)
ANY_OBJECT = '{"type":"object"}'


class Url(BaseModel):
    """Where a clip or a picture is."""

    model_config = STRICT

    url: str
    detail: str | None = None


class Part(BaseModel):
    """A part of a message."""

    model_config = STRICT

    type: Literal["text", "image_url", "video_url"]
    text: str | None = None
    image_url: Url | None = None
    video_url: Url | None = None

    @model_validator(mode="after")
    def is_what_it_says(self) -> Self:
        """Refuse a part that has not just what its type says."""
        given = {"text": self.text, "image_url": self.image_url, "video_url": self.video_url}
        if [name for name, value in given.items() if value is not None] != [self.type]:
            raise ValueError(f"a part of type {self.type} must have {self.type} alone")
        return self


class Message(BaseModel):
    """What somebody said."""

    model_config = STRICT

    role: Literal["system", "developer", "user", "assistant"]
    content: str | list[Part] | None = None
    name: str | None = None
    refusal: str | None = None

    @property
    def text(self) -> str:
        """All its texts."""
        if isinstance(self.content, str):
            return self.content
        return "\n".join(one.text or "" for one in self.content or () if one.type == "text")

    @property
    def parts(self) -> "list[Part]":
        """Its texts and pictures, in reading order."""
        if isinstance(self.content, str):
            return [Part(type="text", text=self.content)]
        return self.content or []

    @property
    def interleaves(self) -> bool:
        """Whether it shows several pictures, or one between texts, and no clip."""
        kinds = [one.type for one in self.parts]
        pictures = kinds.count("image_url")
        is_among = pictures > 1 or (pictures == 1 and len(kinds) > 2)
        return is_among and "video_url" not in kinds

    @property
    def urls(self) -> list[str]:
        """Of the clips and pictures in it."""
        named = [one.video_url or one.image_url for one in self.parts]
        return [one.url for one in named if one is not None]


class StreamOptions(BaseModel):
    """What a stream ends with."""

    model_config = STRICT

    include_usage: bool = False


class NamedSchema(BaseModel):
    """A JSON schema."""

    model_config = STRICT

    name: str
    schema_: Annotated[dict[str, Any], Field(alias="schema")]
    description: str | None = None
    strict: bool | None = None


class ResponseFormat(BaseModel):
    """How an answer is to be written."""

    model_config = STRICT

    type: Literal["text", "json_object", "json_schema"]
    json_schema: NamedSchema | None = None

    @property
    def schema_text(self) -> str | None:
        """The schema as JSON; None where any text will do. Raises UsageError."""
        if self.type == "text":
            return None
        if self.type == "json_object":
            return ANY_OBJECT
        if self.json_schema is None:
            raise UsageError("response_format json_schema has no schema")
        return as_schema(self.json_schema.schema_)


class ChatForm(BaseModel):
    """A request of `/v1/chat/completions`; what is not here is refused, not passed over."""

    model_config = STRICT

    model: str
    messages: list[Message] = Field(min_length=1)
    stream: bool = False
    stream_options: StreamOptions | None = None
    max_tokens: Annotated[int | None, Field(ge=1)] = None
    max_completion_tokens: Annotated[int | None, Field(ge=1)] = None
    temperature: Annotated[float | None, Field(ge=0)] = None
    top_p: Annotated[float | None, Field(ge=0, le=1)] = None
    seed: Annotated[int | None, Field(ge=0)] = None
    n: Literal[1] | None = None
    frequency_penalty: Annotated[float | None, Field(ge=0, le=0)] = None
    presence_penalty: Annotated[float | None, Field(ge=0, le=0)] = None
    tools: Annotated[list[Any] | None, Field(max_length=0)] = None
    tool_choice: Literal["none"] | None = None
    logprobs: bool | None = None
    top_logprobs: Annotated[int | None, Field(ge=0, le=20)] = None
    user: str | None = None
    metadata: dict[str, str] | None = None
    store: bool | None = None
    response_format: ResponseFormat | None = None
    choices: Annotated[list[str] | None, Field(min_length=2)] = None
    """Answers to choose from, by their likelihood."""
    frames: Annotated[int | None, Field(ge=1, le=100_000)] = None
    subtitles: Literal["auto", "speech", "off"] = "auto"
    prompt_logprobs: Literal[0] | None = None
    """Return how likely the tokens are of the last message, an assistant's; write no answer."""
    continue_final_message: bool = False
    """The last message is what an answer begins with."""
    add_generation_prompt: bool | None = None

    def generation(self) -> GenerationSettings:
        """Return how it is answered: greedily where no temperature is given."""
        return GenerationSettings(
            max_new_tokens=self.max_completion_tokens or self.max_tokens,
            temperature=self.temperature or 0.0,
            top_p=1.0 if self.top_p is None else self.top_p,
            seed=self.seed or 0,
            schema=None if self.response_format is None else self.response_format.schema_text,
        )

    @property
    def is_message(self) -> bool:
        """Whether its pictures stand between texts of one message, or it is to be scored."""
        is_scored = self.prompt_logprobs is not None or self.continue_final_message
        return is_scored or any(one.interleaves for one in self.messages)

    def message(self) -> tuple[list[Part], str | None]:
        """Return the parts of the only message, and the beginning of the answer behind it.

        Raises:
            UsageError: there are other messages.

        """
        if self.continue_final_message and self.prompt_logprobs is None:
            raise UsageError("continue_final_message is for prompt_logprobs")
        if self.add_generation_prompt is self.continue_final_message:
            raise UsageError("add_generation_prompt must be the opposite of continue_final_message")
        roles = [one.role for one in self.messages]
        if roles != ["user", "assistant"][: 1 + self.continue_final_message]:
            raise UsageError("pictures between texts, and scores, are about one message of a user")
        answer = self.messages[1].text if self.continue_final_message else None
        return self.messages[0].parts, answer

    def conversation(self) -> tuple[str | None, str, list[tuple[str, str]]]:
        """Return the URL of the only clip, the question, and the turns before it.

        What the system says is put before the first question. Without a clip there is no URL.

        Raises:
            UsageError: there is more than one clip, or none and more than one question; or roles
                do not take turns.

        """
        urls = list(dict.fromkeys(url for one in self.messages for url in one.urls))
        if len(urls) > 1:
            raise UsageError(f"messages must show one clip or picture, not {len(urls)}")
        told = [one.text for one in self.messages if one.role in ("system", "developer")]
        said = [one for one in self.messages if one.role in ("user", "assistant")]
        roles = [one.role for one in said]
        if roles != ["user", "assistant"] * (len(roles) // 2) + ["user"]:
            raise UsageError("user and assistant must take turns, and the user have the last word")
        texts = [one.text for one in said]
        texts[0] = "\n\n".join(filter(None, [*told, texts[0]]))
        if not urls and len(texts) > 1:
            raise UsageError(
                "a conversation is about a clip or a picture",
                hint="put a video_url or an image_url into one of the messages",
            )
        return (
            urls[0] if urls else None,
            texts[-1],
            list(zip(texts[:-1:2], texts[1::2], strict=True)),
        )


def usage(prompt_tokens: int, new_tokens: int) -> dict[str, int]:
    """Return the counts of tokens."""
    return {
        "prompt_tokens": prompt_tokens,
        "completion_tokens": new_tokens,
        "total_tokens": prompt_tokens + new_tokens,
    }


def logprob(text: str, value: float) -> dict[str, Any]:
    """Return how likely a text is, as its natural logarithm."""
    return {"token": text, "logprob": value, "bytes": list(text.encode())}
