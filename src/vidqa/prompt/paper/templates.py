"""The authors' prompts, and their way of cleaning an answer, without a tokenizer."""

from collections.abc import Sequence

IMAGE_MARK = "<ImageHere>"
"""Placeholder of an image's visual tokens; the text between marks is tokenized piecewise."""
FRAME = f"<Img>{IMAGE_MARK}"
"""Text of one frame; no tag closes it."""
CAPTION = "<Cap>"
"""Tag before the words of a frame."""
BOS = "<s>"
"""Start token, literal in the prompt, so that it comes twice: the tokenizer adds its own."""

TVQA_CHOOSE = (
    " \n\n As you watched in this video Choose ONE suitable answer from these mutiple choices \n\n"
)
TVQA_ANSWER = (
    "\n Your output should be THE NUMBER OF THE CORRECT ANSWER FROM THE CHOICES FROM 0 TO 4 "
    "INCLUSIVE"
)
"""Wording of the TVQA items, with its spelling."""


def interleave(captions: Sequence[str]) -> str:
    """Join all frames, each with the words that follow it."""
    return "".join(f"{FRAME}{CAPTION}{words}" if words else FRAME for words in captions)


def body(frames: str, question: str) -> str:
    """Join frames and question: the text without the turn around it."""
    return f"{frames}\n{question}"


def asked(text: str) -> str:
    """Wrap a text in the inference script's turn."""
    return f"{BOS}[INST] {text} [/INST]"


def evaluated(text: str) -> str:
    """Wrap a text in the evaluation script's turn: an empty template leaves a second blank."""
    return f"{BOS}[INST]  {text} [/INST]"


def trained(text: str) -> str:
    """Wrap a text in the training turn: no blank before the end, the answer follows directly."""
    return f"[INST] {text}[/INST]"


def tvqa_question(question: str, choices: Sequence[str]) -> str:
    """Return a TVQA item in the authors' wording."""
    options = "".join(f"option {index}: {text} \n\n" for index, text in enumerate(choices))
    return f"{question}{TVQA_CHOOSE}{options}{TVQA_ANSWER}"


def chat_template(*, legacy: bool) -> str:
    """Return the inference script's prompt as a chat template of transformers (Jinja).

    An image's item is followed by the blank that the authors' tokenizer puts before each piece, so
    the ids are theirs even if the whole is tokenized at once.

    Args:
        legacy: whether that tokenizer also puts a blank after `<s>` (Mistral's does, Llama-2's
            does not).

    """
    video_prefix = f"{BOS}{BOS}{' ' if legacy else ''}[INST] "
    return _template(video_prefix, closing=" [/INST]")


def training_template() -> str:
    """Return the template of training and of ranking answers: one `<s>`, no blank at the end."""
    return _template(f"{BOS} [INST] ", closing="[/INST]")


def _template(video_prefix: str, *, closing: str) -> str:
    return (
        "{% for message in messages %}{% if message['role'] == 'user' %}"
        f"{{{{ '{video_prefix}' if loop.first else ' [INST] ' }}}}"
        "{% for item in message['content'] %}"
        "{{ '<Img><image> ' if item['type'] == 'image' else item['text'] }}"
        "{% endfor %}"
        f"{{{{ '{closing}' }}}}"
        "{% else %}"
        "{% for item in message['content'] %}{{ ' ' + item['text'] + '</s>' }}{% endfor %}"
        "{% endif %}{% endfor %}"
    )


def clean_answer(decoded: str) -> str:
    """Clean a decoded answer as the authors do."""
    text = decoded.split("</s>")[0].replace(BOS, "")
    return text.rsplit("[/INST]", 1)[-1].strip()
