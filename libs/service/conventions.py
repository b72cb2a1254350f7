"""What holds for every route, in this order: who calls and how often, then the form of what he sent.

One dependency of the app does all of it, by the route's traits; see `libs.service.traits`.
"""

from fastapi import Request

from libs.access.fastapi import authenticate
from libs.access.principal import Principal
from libs.service.bodies import strict_body
from libs.service.consistency import caught_up
from libs.service.counting import count_address, count_client
from libs.service.query import known_parameters_only
from libs.service.traits import Traits, traits_of
from libs.service.writes import key_of
from libs.values.errors import Forbidden, Unauthenticated


async def conventions(request: Request) -> None:
    """401, 429, 400 for parameters and keys, 415 and 400 for bodies: before anything of the route runs.

    A read then waits for the writes it names (`libs.service.consistency`).
    """
    traits = traits_of(request)
    if traits.hidden and traits.public:
        return  # health: asked by monitors, which must not be told to come later
    await _admit(request, traits)
    known_parameters_only(request, traits)
    if traits.keyed(request.method):
        key_of(request)
    await strict_body(request, traits)
    if request.method in ("GET", "HEAD"):
        await caught_up(request)


async def _admit(request: Request, traits: Traits) -> None:
    """Count the request: by client and scope, or by address where no token of ours says who it is."""
    if traits.public:
        count_address(request)
        return
    try:
        principal: Principal = await authenticate(request)
    except (Unauthenticated, Forbidden):
        count_address(request)
        raise
    count_client(request, principal, traits)
