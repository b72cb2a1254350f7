"""Dependencies that are classes, made in the loop: FastAPI calls what is no coroutine in a thread.

Five such calls were an eighth of a request's time, and nothing is gained: they only look at the request.

    Page = Annotated[PageQuery, made(PageQuery)]
"""

import inspect
from typing import Any, TypeVar

from fastapi import Depends

T = TypeVar("T")


def made(cls: type[T]) -> Any:
    """A `Depends` whose value is an object of the class; what its `__init__` takes is asked of the request."""

    async def make(*given: Any, **named: Any) -> T:
        return cls(*given, **named)

    make.__signature__ = inspect.signature(cls)  # type: ignore[attr-defined]
    return Depends(make)
