"""Every service in one process: opens their databases, lets them hear each other, puts them behind one port."""

from collections.abc import Callable

Dsn = Callable[..., str]


class House:
    """The open services and the one application in front of them."""

    def __init__(self) -> None:
        """Made by `open`."""
        self.app = Starlette()
        self.runtimes: dict[str, Runtime] = {}
        self.admin = FIRST_USERNAME
        self.first_password: str | None = None
        self._apps: dict[str, FastAPI] = {}
        self._issuer: Issuer | None = None

    @classmethod
    @asynccontextmanager
    async def open(cls, folder: DataFolder, dsn: Dsn) -> "AsyncIterator[House]":
        """Bring every database up to date and start everything but the port; closed in the opposite order."""
        house = cls()
        async with AsyncExitStack() as stack:
            await house._open(folder, dsn, stack)
            yield house
