"""What every page needs: who looks at it, in which language, through which services; and how a template is filled."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, Any

import httpx
from fastapi import Depends, Request
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse, RedirectResponse, Response

from libs.access.api import Access
from libs.access.browser import Cookies, check_csrf, same_origin
from libs.access.principal import Principal
from libs.access.sessions import Session
from libs.access.tokens import CONSOLE_LIFE
from libs.service.context import address_of, context_of
from libs.service.counting import count_address
from libs.values.division import Division
from libs.values.errors import NotFound
from services.console import figures, labels, labels_measures, labels_people
from services.console.adapters.drafts import Drafts
from services.console.adapters.services import Problem, Services
from services.console.assets import Assets
from services.console.form_tokens import mask, unmask
from services.console.places import Places
from services.console.words import LANGUAGES, translator

LANGUAGE_COOKIE = "jinguo_lang"


class SignInNeeded(Exception):
    """Nobody is signed in: the browser is sent to the sign-in page and back."""


class EnrolmentNeeded(Exception):
    """Signed in, but this role may do nothing before a second factor is enrolled."""


@dataclass(frozen=True)
class Shell:
    """The parts all pages share, handed in by the composition root."""

    access: Access
    client: httpx.AsyncClient
    cookies: Cookies
    assets: Assets
    templates: Environment
    places: Places
    drafts: Drafts
    last_backup: Callable[[], datetime | None] | None = None
    """When the last backup was made, where somebody knows."""


@dataclass(frozen=True)
class Visitor:
    """A signed-in user at one request."""

    session: Session
    principal: Principal
    services: Services
    places: Places

    def own(self, code: str) -> str:
        """The code, if the unit is hers; else a 404 that says so: elsewhere is not empty, and codes are public."""
        if not self.principal.division.covers(Division(code)):
            raise NotFound("console.not_your_unit", "这个单位不在您的辖区；您只能查看本辖区的数据。")
        return code

    async def names_of(self, women: Iterable[str]) -> dict[str, Any]:
        """Masked names from the registry, by woman; those who moved out of the user's units are absent."""
        ids = list(dict.fromkeys(women))
        if not ids or not self.principal.may("registry:read"):
            return {}
        answer = await self.services.post("registry/v1/women/names", {"ids": ids})
        return {item["woman_id"]: item for item in answer["items"]}

    async def names_of_units(self, codes: Iterable[str]) -> dict[str, str]:
        """Names of units, by code; public, so also of those above her own."""
        return {code: (await self.places.find(self.services, code))["name"] for code in sorted(set(codes))}


def shell_of(request: Request) -> Shell:
    """The shared parts."""
    shell: Shell = request.app.state.shell
    return shell


async def _shell(request: Request) -> Shell:
    return shell_of(request)


TheShell = Annotated[Shell, Depends(_shell)]


def templates_in(folder: Any) -> Environment:
    """Templates that escape everything and refuse a name they were not given."""
    environment = Environment(loader=FileSystemLoader(folder), autoescape=True, undefined=StrictUndefined)
    environment.filters.update(number=figures.number, day=figures.day, moment=figures.moment, yuan=figures.yuan)
    environment.globals["labels"] = labels
    environment.globals["labels_people"] = labels_people
    environment.globals["labels_measures"] = labels_measures
    return environment


async def visitor(request: Request, shell: TheShell) -> Visitor:
    """Who is signed in; raises SignInNeeded, EnrolmentNeeded, and Forbidden for a form without its token."""
    found = await enrolling_visitor(request, shell)
    if shell.access.factors.missing(found.session.account):
        raise EnrolmentNeeded
    return found


async def enrolling_visitor(request: Request, shell: TheShell) -> Visitor:
    """The same, also for who has a second factor still to enrol: only the pages where that is done ask for it."""
    token = shell.cookies.read(request)
    address = address_of(request)
    session = await shell.access.sessions.find(token, address) if token else None
    if session is None:
        await count_guest(request)
        raise SignInNeeded
    if request.method not in {"GET", "HEAD"}:
        await _check_form(request, session)
    principal = session.account.principal()
    request.state.principal = principal
    request.state.session = session
    known = replace(principal, session=session.id, address=address)
    bearer = shell.access.issuer.user_token(known, CONSOLE_LIFE)
    services = Services(shell.client, bearer, LANGUAGES[language_of(request)])
    request.state.unit = (await shell.places.find(services, principal.division.code))["name"]
    return Visitor(session, principal, services, shell.places)


async def count_guest(request: Request) -> None:
    """A form of somebody who is not signed in is counted by address; raises TooMany (429)."""
    if request.method not in {"GET", "HEAD"}:
        count_address(request)


async def _check_form(request: Request, session: Session) -> None:
    """Where it comes from first: a file from elsewhere is not even received."""
    if not same_origin(request):
        check_csrf(request, expected=session.csrf, given=None)
    form = await request.form()
    check_csrf(request, expected=session.csrf, given=unmask(str(form.get("csrf_token", ""))))


TheVisitor = Annotated[Visitor, Depends(visitor)]


def language_of(request: Request) -> str:
    """`?lang=` wins, then the cookie; Chinese without either."""
    for wish in (request.query_params.get("lang"), request.cookies.get(LANGUAGE_COOKIE)):
        if wish in LANGUAGES:
            return wish
    return "zh"


def page(request: Request, template: str, status: int = 200, **values: Any) -> Response:
    """A filled template; a language asked for in the URL is remembered."""
    shell, language = shell_of(request), language_of(request)
    session: Session | None = getattr(request.state, "session", None)
    text = shell.templates.get_template(template).render(
        _=translator(language),
        lang=language,
        html_lang=LANGUAGES[language],
        asset=shell.assets.url,
        principal=session.account.principal() if session else None,
        unit=getattr(request.state, "unit", ""),
        csrf=mask(session.csrf) if session else "",
        trace=context_of(request.scope).trace_id,
        path=request.url.path,
        other_language=_other_language(request, language),
        **values,
    )
    response = HTMLResponse(text, status)
    if request.query_params.get("lang") in LANGUAGES:
        response.set_cookie(LANGUAGE_COOKIE, language, max_age=31_536_000, httponly=True, samesite="lax", path="/")
    return response


def form_page(request: Request, template: str, problem: Problem | None, **values: Any) -> Response:
    """A page with a form; where a service refused what was sent, under its status and with its words as `problem`."""
    status, words = (problem.status, problem.detail) if problem else (200, "")
    return page(request, template, status, problem=words, **values)


def see(path: str, **query: Any) -> RedirectResponse:
    """After a form: the page to look at."""
    return RedirectResponse(str(httpx.URL(path, params=_given(query))), status_code=303)


def handed_on(file: httpx.Response) -> Response:
    """A file of a service, as it is."""
    kept = {name: file.headers[name] for name in ("content-type", "content-disposition") if name in file.headers}
    return Response(file.content, headers=kept)


def link(path: str, **query: Any) -> str:
    """A path with the parameters that are given."""
    given = _given(query)
    return f"{path}?{httpx.QueryParams(given)}" if given else path


def next_page(path: str, url: str | None, **query: Any) -> str | None:
    """The next page of a list of ours, asked for in the same way, from the address of the service's; None: no more."""
    return None if url is None else link(path, **query, cursor=httpx.URL(url).params["cursor"])


def _given(query: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in query.items() if value not in {None, ""}}


def _other_language(request: Request, language: str) -> str:
    """The same page, path and query, in the other language."""
    other = "en" if language == "zh" else "zh"
    return str(request.url.include_query_params(lang=other).replace(scheme="", netloc=""))
