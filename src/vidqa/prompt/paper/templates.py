"""The authors' prompts, and their way of cleaning an answer. Knows no tokenizer."""

from collections.abc import Sequence

IMAGE_MARK = "<ImageHere>"
"""Where an image's visual tokens go; the text is tokenized piece by piece between the marks."""
FRAME = f"<Img>{IMAGE_MARK}"
"""One frame; nothing closes it."""
CAPTION = "<Cap>"
"""Stands before the words of a frame."""
BOS = "<s>"
"""Literal in the prompt, so that it comes twice: the tokenizer adds its own."""

TVQA_CHOOSE = (
    " \n\n As you watched in this video Choose ONE suitable answer from these mutiple choices \n\n"
)
TVQA_ANSWER = (
    "\n Your output should be THE NUMBER OF THE CORRECT ANSWER FROM THE CHOICES FROM 0 TO 4 "
    "INCLUSIVE"
)
"""The wording of the TVQA items, spelling and all."""


def interleave(captions: Sequence[str]) -> str:
    """Every frame with the words that follow it."""
    return "".join(f"{FRAME}{CAPTION}{words}" if words else FRAME for words in captions)


def body(frames: str, question: str) -> str:
    """Frames and question: the text without the turn around it."""
    return f"{frames}\n{question}"


def asked(text: str) -> str:
    """The inference script's turn around a text."""
    return f"{BOS}[INST] {text} [/INST]"


def evaluated(text: str) -> str:
    """The evaluation script's turn: an empty template leaves a second blank."""
    return f"{BOS}[INST]  {text} [/INST]"


def trained(text: str) -> str:
    """The turn in training: no blank before the end, the answer follows directly."""
    return f"[INST] {text}[/INST]"


def tvqa_question(question: str, choices: Sequence[str]) -> str:
    """A TVQA item as the authors word it."""
    options = "".join(f"option {index}: {text} \n\n" for index, text in enumerate(choices))
    return f"{question}{TVQA_CHOOSE}{options}{TVQA_ANSWER}"


def chat_template(*, legacy: bool) -> str:
    """The inference script's prompt as a template of transformers (Jinja).

    An image's item is followed by the blank that the authors' tokenizer puts before each piece, so
    the ids are theirs whoever tokenizes the whole.

    Args:
        legacy: whether that tokenizer puts a blank after `<s>`, too (Mistral's does, Llama-2's
            does not).

    """
    opening = f"{BOS}{BOS}{' ' if legacy else ''}[INST] "
    return _template(opening, closing=" [/INST]")


def training_template() -> str:
    """The same for training, and so for ranking answers: one `<s>`, no blank at the end."""
    return _template(f"{BOS} [INST] ", closing="[/INST]")


def _template(opening: str, *, closing: str) -> str:
    return (
        "{% for message in messages %}{% if message['role'] == 'user' %}"
        f"{{{{ '{opening}' if loop.first else ' [INST] ' }}}}"
        "{% for item in message['content'] %}"
        "{{ '<Img><image> ' if item['type'] == 'image' else item['text'] }}"
        "{% endfor %}"
        f"{{{{ '{closing}' }}}}"
        "{% else %}"
        "{% for item in message['content'] %}{{ ' ' + item['text'] + '</s>' }}{% endfor %}"
        "{% endif %}{% endfor %}"
    )


def clean_answer(decoded: str) -> str:
    """What the authors keep of a decoded answer."""
    text = decoded.split("</s>")[0].replace(BOS, "")
    return text.rsplit("[/INST]", 1)[-1].strip()
