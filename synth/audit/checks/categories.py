"""The list of categories, and how often each is seen."""

__all__: list[str] = []

from collections import Counter
from collections.abc import Iterator, Sequence

from synth.audit.audited import Audited
from synth.audit.checks.registry import check
from synth.audit.records import Problem

# The commonest category over the rarest, from where on the rarest is learned late or never.
IMBALANCE = 20
FEW = 10


@check("category-name", "error", "two categories of one name", "Make one of them: a detector can't tell them apart.")
def names(sets: Sequence[Audited]) -> Iterator[Problem]:
    for audited in sets:
        by_name: dict[str, list[str]] = {}
        for category_id, name in audited.data.categories:
            by_name.setdefault(" ".join(name.split()).casefold(), []).append(f"{category_id} {name!r}")
        for written in by_name.values():
            if len(written) > 1:
                yield audited.problem("categories", " and ".join(written))


@check("category-zero", "warning", "a category of id 0 or below", "Count from 1: 0 is background for torchvision.")
def zero(sets: Sequence[Audited]) -> Iterator[Problem]:
    for audited in sets:
        for category_id, name in audited.data.categories:
            if category_id < 1:
                yield audited.problem("categories", f"{name!r} has the id {category_id}")


@check("category-hole", "warning", "ids of categories with holes", "Map them to 1, 2, 3, ... where a tool wants so.")
def holes(sets: Sequence[Audited]) -> Iterator[Problem]:
    for audited in sets:
        known = {category_id for category_id, _ in audited.data.categories}
        if known and max(known) - min(known) >= len(known):
            n_missing = max(known) - min(known) + 1 - len(known)
            yield audited.problem("categories", f"{n_missing} ids between {min(known)} and {max(known)} are nobody's")


@check("category-unused", "warning", "a category without a label", "Nothing is learned of it. Is its name spelt so?")
def unused(sets: Sequence[Audited]) -> Iterator[Problem]:
    for audited in sets:
        used = {label.category_id for label in audited.data.labels}
        for category_id, name in audited.data.categories:
            if category_id not in used:
                yield audited.problem("categories", f"{category_id} {name!r}")


@check("category-split", "error", "a category of another name or id in another split", "Give all splits one list.")
def splits_agree(sets: Sequence[Audited]) -> Iterator[Problem]:
    if any(audited.data.kind != "COCO" for audited in sets):
        return
    # As the first split has it that knows the id, or the name.
    names: dict[int, tuple[str, str]] = {}
    ids: dict[str, tuple[int, str]] = {}
    for audited in sets:
        for category_id, name in audited.data.categories:
            other_name, named_in = names.get(category_id, (name, ""))
            other_id, numbered_in = ids.get(name, (category_id, ""))
            if other_name != name:
                yield audited.problem("categories", f"{category_id} is {name!r}, in {named_in} {other_name!r}")
            elif other_id != category_id:
                yield audited.problem("categories", f"{name!r} has the id {category_id}, in {numbered_in} {other_id}")
        for category_id, name in audited.data.categories:
            names.setdefault(category_id, (name, audited.data.name))
            ids.setdefault(name, (category_id, audited.data.name))


@check(
    "imbalance", "warning", "a category that is seen much less than others", "Collect more, or sample it more often."
)
def imbalance(sets: Sequence[Audited]) -> Iterator[Problem]:
    for audited in sets:
        counts = Counter(label.category_id for label in audited.data.labels)
        seen = {name: counts[category_id] for category_id, name in audited.data.categories if counts[category_id]}
        commonest = max(seen, key=lambda name: seen[name], default=None)
        for name, n in sorted(seen.items(), key=lambda item: item[1]):
            if commonest is not None and n * IMBALANCE <= seen[commonest]:
                yield audited.problem("categories", f"{name!r} {n} times, {commonest!r} {seen[commonest]} times")
