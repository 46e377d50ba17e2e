"""Chat templates of anybody's are run apart, and say what transformers would make of them."""

from pathlib import Path
from typing import Any

import pytest

from families import MAKERS, family_spec
from vidqa.errors import ModelUnsupportedError
from vidqa.models.template_runner import TemplateRunner
from vidqa.network.inference.prompt_ids import Turn, between_turns, require_template
from vidqa.network.loading import load_processor
from vidqa.network.text.chat_template import ChatTemplate, render_template
from vidqa.prompt.form import PromptForm
from vidqa.prompt.interleave import user_content
from vidqa.types import Segment

SEGMENTS = [
    Segment(0.5, ""),
    Segment(1.5, 'they say {{ "more" }} {% raw %} \u00e9\u4e2d \U0001f600'),
]


@pytest.fixture(scope="module")
def processors(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    home = tmp_path_factory.mktemp("families")
    return {name: load_processor(make(home / name)) for name, make in MAKERS.items()}


@pytest.mark.parametrize("family", list(MAKERS))
def test_run_apart_it_says_the_same(family: str, processors: dict[str, Any]) -> None:
    told = family_spec(family).family.template_kwargs
    here = ChatTemplate(processors[family])
    apart = ChatTemplate(processors[family], render_template)

    def turn(template: ChatTemplate) -> Turn:
        return Turn(
            template,
            lambda question: user_content(SEGMENTS, question, PromptForm()),
            template_kwargs=told,
        )

    assert vars(turn(here)) == vars(turn(apart))
    assert between_turns(here, told) == between_turns(apart, told)
    require_template(apart, Path("folder"))


def test_what_templates_may_use() -> None:
    template = """
    {%- for message in messages %}
        {%- if loop.index > 2 %}{% break %}{% endif %}
        {%- generation %}{{ message | tojson }}{% endgeneration %}
    {%- endfor %}{% set seen = namespace(any=true) %}{{ seen.any }}{{ add_generation_prompt }}
    {{- strftime_now("%Y") | length }}{{ raise_exception is defined }}{{ bos }}"""
    text = render_template(template, [{"role": "user", "content": "\u00e9<b>"}] * 5, {"bos": "<s>"})
    said = '{"role": "user", "content": "\u00e9<b>"}'
    assert text == f"{said}{said}TrueFalse4True<s>"


TRAPS = {
    "endless": "{% for a in range(9999) %}{% for b in range(9999) %}{% for c in range(9999) %}"
    "{% endfor %}{% endfor %}{% endfor %}",
    "huge text": "{{ 'a' * 3000000000 }}",
    "long text": "{{ 'a' * 20000000 }}",
    "wide text": "{{ 'a' | center(3000000000) }}",
    "escape": "{{ messages.__class__.__mro__[1].__subclasses__() }}",
    "refusal": "{{ raise_exception('not with pictures') }}",
    "damaged": "{% for %}",
    "overflow": "{% for a in range(1000000000) %}{% endfor %}",
    "deep": "{{" + "(" * 5000 + ")" * 5000 + "}}",
}


@pytest.mark.parametrize("trap", list(TRAPS))
def test_a_trap_is_refused_within_its_bounds(trap: str, processors: dict[str, Any]) -> None:
    processor = processors["vidqa"]
    kept, processor.chat_template = processor.chat_template, TRAPS[trap]
    try:
        runner = TemplateRunner(Path("folder"), silence_s=1)
        said = "chat template of the model in folder"
        with pytest.raises(ModelUnsupportedError, match=said) as caught:
            require_template(ChatTemplate(processor, runner), Path("folder"))
        assert "fault of vidqa" not in caught.value.message
    finally:
        processor.chat_template = kept
