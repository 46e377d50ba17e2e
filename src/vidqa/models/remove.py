"""Remove models from the cache, but nothing that another one needs."""

from vidqa.errors import ModelError, ModelMissingError, UsageError
from vidqa.models.installed import helper_key, model_key
from vidqa.models.inventory import keys_of, others, own_key
from vidqa.models.registry import MODELS, find, find_speech
from vidqa.models.resolve import (
    LocalModel,
    find_local,
)
from vidqa.models.spec import ModelSpec
from vidqa.models.store.store import Store


def remove(name: str, *, store: Store | None = None) -> int:
    """Delete a model, but not what another cached model needs; return the bytes freed.

    Files of the Hub stay in the Hub's own cache: `hf cache rm` removes them.

    Raises:
        UsageError: no such model, or another one listens with it.
        ModelMissingError: it is not in the cache.

    """
    store = store or Store()
    if (key := own_key(name, store)) is not None:
        return _remove_entry(key, store)
    spec = find(name)
    presets = [one for one in MODELS.values() if one.name != name and store.has(model_key(one))]
    own = [local.spec for one in others(store) if (local := _local(one.name, store))]
    listeners = [one.name for one in (*presets, *own) if one.speech == name]
    if listeners:
        raise UsageError(
            f"{listeners[0]} listens with {name}", hint=f"vidqa models rm {listeners[0]}"
        )
    needed = {key for one in presets for key in keys_of(one)}
    needed |= {helper_key(find_speech(one.speech)) for one in own if one.speech is not None}
    mine = [key for key in keys_of(spec) if key not in needed]
    if isinstance(spec, ModelSpec):
        mine += store.keys(f"models/{spec.name}")
    if not any(store.path(key).exists() for key in mine):
        raise ModelMissingError(f"{name} is not in the cache; there is nothing to remove")
    return sum(_remove_entry(key, store) for key in dict.fromkeys(mine))


def _local(name: str, store: Store) -> LocalModel | None:
    """Return an added model, or one of the Hub; None if it is damaged, and so cannot listen."""
    try:
        return find_local(name, store)
    except ModelError:
        return None


def _remove_entry(key: str, store: Store) -> int:
    with store.lock(key):
        freed = 0 if key.startswith("hub/") else store.size_bytes(key)
        store.remove(key)
    return freed
