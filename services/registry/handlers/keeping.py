"""The units of the settings that keep the exit by household, as dated rule sets; a wrong line stops the start."""

from collections import defaultdict
from collections.abc import Iterable

from libs.values.division import Division
from libs.values.rule_set import Dated, RuleSet
from services.registry.domain.exits.rules import ExitRule, Keepers
from services.registry.settings import KeptExits


def keepers_of(kept: Iterable[KeptExits]) -> Keepers:
    """Raises ValueError for editions of one unit that overlap, Invalid for a code that is none."""
    editions: defaultdict[str, list[Dated[ExitRule]]] = defaultdict(list)
    for each in kept:
        rule = ExitRule(each.notice_days, each.counted, each.aftercare_months, each.township_share, each.county_share)
        editions[Division(each.unit).code].append(Dated(rule, each.first, each.last, each.source))
    return Keepers({unit: RuleSet(f"registry.exits.{unit}", tuple(found)) for unit, found in editions.items()})
