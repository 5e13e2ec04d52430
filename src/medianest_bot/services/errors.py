"""What can go wrong between us and a neighbour. Errors carry data, no words.

ServiceError
 ├── Unreachable   no answer in time, a 5xx, or the breaker is open
 ├── Refused       it answered and said no (4xx other than 404)
 ├── Missing       it answered that the thing does not exist
 └── Unreadable    it answered with something we cannot read
"""

from __future__ import annotations

from datetime import datetime


class ServiceError(Exception):
    """A neighbour did not do what was asked.

    `service` is the neighbour's name, `status` the HTTP status where there was
    one, `said` the neighbour's own short message: for programs to compare, and
    never shown or logged. `since` is when it last stopped answering, if known.
    """

    def __init__(
        self,
        service: str,
        *,
        status: int | None = None,
        said: str = "",
        since: datetime | None = None,
    ) -> None:
        super().__init__(service, status)
        self.service = service
        self.status = status
        self.said = said
        self.since = since

    def __str__(self) -> str:
        kind = type(self).__name__.lower()
        return f"{self.service}: {kind}" + (f" ({self.status})" if self.status else "")


class Unreachable(ServiceError):
    """No answer in time, a server fault, or the breaker is open."""


class Refused(ServiceError):
    """It answered and said no: bad key, no permission, a limit, a conflict."""


class Missing(ServiceError):
    """It answered that there is no such thing."""


class Unreadable(ServiceError):
    """It answered with something that is not what its kind of server sends."""
