"""What lmms-eval finds vidqa by: an entry point that names the class of `adapter`."""

from typing import Any


def manifest() -> Any:
    """Return what lmms-eval knows of vidqa before it loads anything."""
    from lmms_eval.models.registry_v2 import ModelManifest

    return ModelManifest(
        model_id="vidqa", simple_class_path="vidqa.tasks.evaluate.lmms.adapter.LmmsModel"
    )
