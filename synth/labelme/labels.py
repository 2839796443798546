"""From the labels people wrote to the categories of the data set; a label in none is for the user to decide on."""

__all__ = ["assign_categories"]

from collections.abc import Collection, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from shlex import quote

from synth.dataset import Category
from synth.errors import LabelMeError, did_you_mean


def assign_categories(
    file_by_label: Mapping[str, Path],
    categories: Sequence[Category] | None,
    aliases: Mapping[str, str],
    ignore_labels: Collection[str],
) -> tuple[tuple[Category, ...], dict[str, int]]:
    """The categories, and the category id of every label that counts.

    Args:
        file_by_label: The labels met, each with the first file that has it.
        categories: None makes them of the labels: by name, ids from 1.
        aliases: Category name by label.
        ignore_labels: Labels, or the names they are aliased to, that are left out.
    Raises:
        LabelMeError: a label or an alias is in no category.
    """
    ignored = frozenset(ignore_labels)
    name_by_label = {label: aliases.get(label, label) for label in file_by_label if label not in ignored}
    name_by_label = {label: name for label, name in name_by_label.items() if name not in ignored}
    if categories is None:
        names = sorted(set(name_by_label.values()))
        categories = [Category(category_id, name) for category_id, name in enumerate(names, start=1)]
    id_by_name = {category.name: category.id for category in categories}
    unknown = [label for label, name in name_by_label.items() if name not in id_by_name]
    if unknown:
        raise _no_category(unknown, file_by_label, aliases, id_by_name)
    return tuple(categories), {label: id_by_name[name] for label, name in name_by_label.items()}


def _no_category(
    unknown: Sequence[str], file_by_label: Mapping[str, Path], aliases: Mapping[str, str], names: Collection[str]
) -> LabelMeError:
    label = unknown[0]
    if label in aliases:
        target = aliases[label]
        return LabelMeError(
            f"{file_by_label[label]}: --alias {label}={target} leads to no category.{did_you_mean(target, names)}"
        )
    others = f", nor are {', '.join(map(repr, unknown[1:6]))}" if len(unknown) > 1 else ""
    target = (*get_close_matches(label, names, n=1, cutoff=0), "CATEGORY")[0]
    word = label if label.isprintable() else "LABEL"
    return LabelMeError(
        f"{file_by_label[label]}: the label {label!r} is in no category{others}.{did_you_mean(label, names)} "
        f"Say what it is with --alias {quote(f'{word}={target}')}, or leave it out with --ignore-label {quote(word)}."
    )
