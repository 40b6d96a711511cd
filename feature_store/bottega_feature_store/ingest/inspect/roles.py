"""What each column could be for: key, time, target, feature, or nothing."""

import re
from dataclasses import dataclass

from bottega.specs import Column
from bottega.specs.inspection import ColumnGuess, Reading, TargetGuess
from bottega_feature_store.ingest.inspect.readings import Facts

NUMBERS = frozenset({"int32", "int64", "float64"})
MANY_VALUES = 1_000
NEARLY_ALL = 0.9
_KEY_NAME = re.compile(r"(^|_)(id|key|code|nr|no|number|uuid|guid)$|^(id|key)_", re.IGNORECASE)
_TARGET_NAME = re.compile(r"churn|target|outcome|label|default|fraud|convert|cancel|left|^y$|^is_|^has_", re.IGNORECASE)


@dataclass(frozen=True)
class Look:
    """A column with its facts and readings; ``rows`` is the number of rows that were read."""

    header: str
    name: str
    facts: Facts
    readings: list[Reading]
    rows: int

    @property
    def guess(self) -> Column:
        """The best reading."""
        return self.readings[0].column

    @property
    def constant(self) -> bool:
        """Whether all rows are alike; one value and nulls are two kinds of rows."""
        return self.facts.distinct == 0 or (self.facts.distinct == 1 and self.facts.present == self.rows)

    @property
    def unique(self) -> bool:
        """Whether no value occurs twice and none is missing."""
        return self.rows > 1 and self.facts.distinct == self.facts.present == self.rows

    @property
    def identifying(self) -> bool:
        """Whether nearly every row has a value of its own, in a column of codes."""
        if self.guess.type == "string":
            return self.facts.present > 1 and self.facts.distinct >= NEARLY_ALL * self.facts.present
        return self.unique and self.guess.type in {"int32", "int64"} and bool(_KEY_NAME.search(self.header))

    def described(self) -> ColumnGuess:
        """Return what is said about the column."""
        why_not = self.why_not()
        return ColumnGuess(
            name=self.name,
            header=self.header,
            readings=self.readings,
            examples=[text[:60] for text in self.facts.first[:4]],
            nulls=1 - self.facts.present / self.rows if self.rows else 0.0,
            distinct=self.facts.distinct,
            use=not why_not,
            why_not=why_not,
        )

    def why_not(self) -> str:
        """Say why the column is no good feature, or nothing."""
        if self.constant:
            return "the same in every row"
        if self.identifying:
            return "names the row"
        if self.guess.type == "string" and self.facts.distinct > MANY_VALUES:
            return "too many different texts to learn from"
        return ""


def keys(looks: list[Look]) -> list[str]:
    """Return the columns that could name a row, the best first: those called so, then texts, then the first."""
    found = [look for look in looks if look.unique and look.guess.type in {"string", "int32", "int64"}]
    found.sort(key=lambda look: (not _KEY_NAME.search(look.header), look.guess.type != "string"))
    return [look.name for look in found if look.guess.type == "string" or _KEY_NAME.search(look.header)]


def times(looks: list[Look]) -> list[str]:
    """Return the columns that could date a row: those with a time of day, then those with few nulls."""
    found = [look for look in looks if look.guess.type in {"timestamp", "date"} and not look.constant]
    found.sort(key=lambda look: (look.guess.type != "timestamp", look.rows - look.facts.present))
    return [look.name for look in found]


def targets(looks: list[Look], shares: dict[str, float]) -> list[TargetGuess]:
    """Return the columns that could be predicted, yes and no before numbers, the likeliest names first.

    ``shares`` are the shares of yes by column.
    """
    found = [_target(look, shares) for look in looks if not look.constant and not look.identifying]
    chosen = [target for target in found if target is not None]
    return sorted(chosen, key=lambda target: (not _TARGET_NAME.search(target.column), target.task != "binary"))


def _target(look: Look, shares: dict[str, float]) -> TargetGuess | None:
    kind = look.guess.type
    if look.name in shares:
        words = " or ".join(sorted(look.facts.first[:2])) if kind == "bool" else "0 or 1"
        return TargetGuess(look.name, "binary", f"every value is {words}", shares[look.name])
    if kind in NUMBERS and look.facts.distinct > 2 and not (look.unique and _KEY_NAME.search(look.header)):
        return TargetGuess(look.name, "regression", f"a number with {look.facts.distinct:,} different values")
    return None
