"""The lists outside its own folder that a new service must be entered into, each by the place where its line belongs.

A list is here only if it says something that cannot be worked out from `services.SERVICES`: rights, words, addresses.
"""

import re
from collections.abc import Callable, Mapping
from pathlib import Path

Words = Mapping[str, str]
Change = Callable[[str, Words], str]


def entered(words: Words, root: Path) -> dict[Path, str]:
    """Path → text with the service in it. Raises ValueError naming the list whose place is not found."""
    found = {}
    for name, changes in LISTS.items():
        text = (root / name).read_text("utf-8")
        for change in changes:
            try:
                text = change(text, words)
            except LookupError as error:
                raise ValueError(f"{name}: {error.args[0]} is not there, see scripts/service_lists.py") from None
        found[root / name] = text
    return found


def before(anchor: str, line: str, times: int = 1) -> Change:
    """Put the line before each of the `times` places where the anchor begins a line."""

    def change(text: str, words: Words) -> str:
        pattern = re.compile(f"^{re.escape(anchor)}", re.MULTILINE)
        if len(pattern.findall(text)) < times:
            raise LookupError(repr(anchor))
        return pattern.sub(lambda place: _said(line, words) + place[0], text, count=times)

    return change


def inside(pattern: str, addition: str) -> Change:
    """Add to the end of what the pattern's group 1 matches."""

    def change(text: str, words: Words) -> str:
        place = re.search(pattern, text, re.DOTALL)
        if place is None:
            raise LookupError(repr(pattern))
        return text[: place.end(1)] + _said(addition, words) + text[place.end(1) :]

    return change


def sorted_in(*lines: str) -> Change:
    """Put each `"key": "value",` before the first line of the table whose key is greater."""

    def change(text: str, words: Words) -> str:
        for line in lines:
            said = _said(line, words)
            keys = [(place.start(), place[1]) for place in re.finditer(r'^ {8}"([a-z_.]+)":', text, re.MULTILINE)]
            new = re.match(r' {8}"([a-z_.]+)":', said)
            at = next((start for start, key in keys if new and key > new[1]), None)
            if at is None:
                raise LookupError(f"a line after {said.strip()}")
            text = text[:at] + said + text[at:]
        return text

    return change


def counted(pattern: str) -> Change:
    """Raise the number that the pattern's group 1 matches by one."""

    def change(text: str, _words: Words) -> str:
        place = re.search(pattern, text, re.MULTILINE)
        if place is None:
            raise LookupError(repr(pattern))
        return f"{text[: place.start(1)]}{int(place[1]) + 1}{text[place.end(1) :]}"

    return change


def said_in_english(text: str, words: Words) -> str:
    """The Chinese name of the service in the console's catalogue."""
    if f'msgid "{words["task"]}"\n' in text:
        return text
    return f'{text.rstrip()}\n\nmsgid "{words["task"]}"\nmsgstr "{words["Name"]}"\n'


def _said(text: str, words: Words) -> str:
    return re.sub(r"@(\w+)@", lambda token: words[token[1]], text)


_ACTIONS = """\
[actions."@name@:read"]
scope = "@name@:read"
roles = ["federation", "cadre", "owner"]
units = "subtree"
measures = ["@name@"]
classes = ["structure", "reference", "place", "measure"]
fields = { title = "measure" }
reason = "those who do the work see what was done in their units"

[actions."@name@:write"]
scope = "@name@:write"
roles = ["federation", "cadre", "owner"]
units = "subtree"
measures = ["@name@"]
classes = ["structure", "reference"]
reason = "cadres keep what was done in their units"

"""
_SCOPE = """\
    {
      "name": "@name@:%s",
      "description": "@name@:%s",
      "protocol": "openid-connect",
      "attributes": {
        "include.in.token.scope": "true",
        "display.on.consent.screen": "false"
      },
      "protocolMappers": []
    },
"""
_ENVIRONMENT = """\
x-@name@: &@name@
  <<: *transport
  @NAME@_HOST: 0.0.0.0
  @NAME@_DSN: postgresql://jinguo@postgres/@name@
  @NAME@_KEYS_DSN: postgresql://jinguo@postgres/keys
  @NAME@_MASTER_KEY: ${JINGUO_MASTER_KEY:?64 hex digits}
  @NAME@_PUBLIC_KEYS: /run/secrets/public_keys

"""
_PROCESSES = """\
  @name@:
    <<: *api
    command: [services.@name@, api]
    environment: *@name@

  @name@-worker:
    <<: *process
    command: [services.@name@, worker]
    environment: *@name@

"""
_GATEWAY = """\
        handle_path /@name@/* {
          reverse_proxy @name@:8000
        }
"""
_PLANTED = '    "/@name@/v1/@things@": {"title": "{slug} {sign}", "held_on": "2017-07-03"},\n'

LISTS: Mapping[str, tuple[Change, ...]] = {
    "services/__init__.py": (before('    "reporting":', '    "@name@": "@task@",\n'),),
    "services/reporting/domain/mapping/__init__.py": (
        inside(r"from services\.reporting\.domain\.mapping import ([\w, ]+)", ", @name@"),
        inside(r"TABLES: [^=]*= \{(.*?),?\s*\}", ', "@name@": @name@.ROWS'),
    ),
    "services/reporting/settings.py": (
        before("\n    @property", '    @name@_dsn: SecretStr = SecretStr("")\n'),
        inside(r"named = \{(.*?),?\s*\}", ', "@name@": self.@name@_dsn'),
    ),
    "services/console/locale/en/console.po": (said_in_english,),
    "libs/access/policy.py": (
        before(
            '        "reporting:read":',
            '        "@name@:read": "see @things@ of the own units",\n'
            '        "@name@:write": "record @things@ of the own units",\n',
        ),
        before(
            '                "reporting:read",',
            '                "@name@:read",\n                "@name@:write",\n',
            times=2,  # federation and cadre
        ),
    ),
    "libs/access/policy.toml": (
        counted(r"^version = (\d+)$"),
        inside(r'\[classes\.reference\].*?fields = \["woman_id"(, "household_id")', ', "@thing@_id"'),
        before('[actions."reporting:read"]', _ACTIONS),
        inside(r'\[actions\."reporting:read"\].*?measures = \[([^\]]*)', ', "@name@"'),
    ),
    "libs/service/wording_of_services.py": (
        sorted_in(
            '        "@name@.@thing@_exists": "This @thing@ is recorded already, with other content.",\n',
            '        "@name@.@thing@_not_found": "There is no such @thing@ in your units.",\n',
            '        "@name@.in_the_future": "The day has not come yet.",\n',
        ),
    ),
    "deploy/keycloak/realm.json": (
        before('    {\n      "name": "reporting:read"', _SCOPE.replace("%s", "read") + _SCOPE.replace("%s", "write")),
        before('        "reporting:read",', '        "@name@:read",\n        "@name@:write",\n'),
    ),
    "docker-compose.yml": (
        before("x-reporting:", _ENVIRONMENT),
        before("\nservices:", "  REPORTING_@NAME@_DSN: postgresql://@name@_feed@postgres/@name@\n"),
        before("  reporting:\n", _PROCESSES),
        before("        handle_path /reporting/", _GATEWAY),
        before("      CREATE DATABASE reporting;", "      CREATE DATABASE @name@;\n"),
    ),
    "README.md": (before("| `services/reporting` |", "| `services/@name@` | @task@: @things@ |\n"),),
    "docs/reference/api.md": (inside(r"(\[training\]\(openapi/training\.json\))", ", [@name@](openapi/@name@.json)"),),
    "tests/support/planted.py": (inside(r"PLANTED: Final\[[^=]*= \{(.*?)\}  # fmt: skip\n", _PLANTED),),
    "tests/e2e/test_projections.py": (inside(r'MODELS = \((.*?),\s*"reporting', ',\n    "@name@.@things@"'),),
}
