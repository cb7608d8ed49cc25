"""One address of a server that speaks OpenAI's protocol, by plain HTTP and JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import aiohttp

from simula.teacher.bodies import count, mapping
from simula.teacher.faults import Boundary, PassingFault
from simula.teacher.retry_after import seconds_of


class Endpoint:
    """Posts JSON to an address; what fails comes back as the boundary's faults."""

    def __init__(self, url: str, boundary: Boundary, timeout: float) -> None:
        """Prepare; nothing is sent.

        Args:
            url: where to post.
            boundary: holds the key, and translates failures.
            timeout: seconds for a whole call.
        """
        self._url = url
        self._boundary = boundary
        self._timeout = timeout
        self._session: aiohttp.ClientSession | None = None

    async def post(self, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """The object that the server answers with.

        Raises:
            PassingFault: it may be answered if it is sent again.
            RequestFailed: this request is lost.
            TeacherUnavailable: no request can succeed.
        """
        try:
            async with self._connected().post(self._url, json=body) as response:
                # An error is told by its status, whatever its body is.
                text = await response.text(errors="strict" if response.status == 200 else "replace")
                said = _object(text)
                if response.status != 200:
                    raise self._fault(response.status, said, response.headers.get("Retry-After", ""), body)
        except TimeoutError:
            raise self._boundary.late(self._timeout) from None
        except (aiohttp.ClientError, UnicodeDecodeError) as error:
            raise PassingFault(self._boundary.clean(_said(error))) from None
        return said

    async def close(self) -> None:
        """Close the connections; a later call opens new ones."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    def _connected(self) -> aiohttp.ClientSession:
        if self._session is None:
            secret = self._boundary.secret
            self._session = aiohttp.ClientSession(
                # The number of connections is the number of calls in flight, which is decided elsewhere.
                connector=aiohttp.TCPConnector(limit=0),
                timeout=aiohttp.ClientTimeout(total=self._timeout),
                headers={"Authorization": f"Bearer {secret}"} if secret else None,
            )
        return self._session

    def _fault(
        self, status: int, answer: Mapping[str, Any], retry_after: str, asked: Mapping[str, Any]
    ) -> Exception:
        said = mapping(answer.get("error")) or answer
        reason = f"{said.get('type', '')} {said.get('code', '')}"
        message = str(said.get("message") or said.get("error") or json.dumps(answer))
        wait = seconds_of(retry_after)
        return self._boundary.fault(status, message, reason, wait, count(asked.get("max_tokens")))


def _said(error: Exception) -> str:
    """A server that is not there is named; one whose certificate is refused is there."""
    if isinstance(error, aiohttp.ClientConnectorError) and not isinstance(error, aiohttp.ClientSSLError):
        return f"nobody answers at {error.host}:{error.port}: {error.os_error}"
    return f"{type(error).__name__}: {error}"


def _object(text: str) -> Mapping[str, Any]:
    """The JSON object in a body; a body that is none (a proxy's page) is told as a message."""
    try:
        value = json.loads(text)
    except ValueError:
        value = text
    return value if isinstance(value, dict) else {"message": value}
