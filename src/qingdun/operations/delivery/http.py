"""The one sender for devices spoken to over HTTP(S): no proxies, no redirects, no skipping of certificates."""

from __future__ import annotations

import http.client
import json
import ssl
from typing import Any
from urllib.parse import urlsplit

from qingdun.operations.core.calls import Request, Response
from qingdun.operations.delivery.mechanism import Unreachable

SECONDS = 10
MOST = 8 * 1024 * 1024  # bytes of an answer


class Line:
    """One device's address. `authority`: the certificate file it is checked against, the system's when empty."""

    def __init__(self, url: str, authority: str = "") -> None:
        self._parts = urlsplit(url)
        self._tls: ssl.SSLContext | None = None
        if self._parts.scheme == "https":
            try:
                self._tls = ssl.create_default_context(cafile=authority or None)
            except (OSError, ssl.SSLError) as error:
                raise Unreachable(f"证书文件 {authority} 不能用：{error}") from None

    def send(self, request: Request) -> Response:
        """Raises Unreachable when there is no answer within `SECONDS`."""
        connection = self._connection()
        body = None if request.body is None else json.dumps(request.body).encode()
        headers = {"Accept": "application/json", **request.headers}
        if body is not None:
            headers["Content-Type"] = "application/json"
        try:
            connection.request(request.method, request.path, body, headers)
            answer = connection.getresponse()
            return Response(answer.status, _json(answer.read(MOST)))
        except ssl.SSLCertVerificationError as error:
            raise Unreachable(f"证书未通过校验：{error.verify_message}") from None
        except (OSError, http.client.HTTPException) as error:
            raise Unreachable(f"没有应答：{error or type(error).__name__}"[:250]) from None
        finally:
            connection.close()

    def _connection(self) -> http.client.HTTPConnection:
        host, port = self._parts.hostname or "", self._parts.port
        if self._tls is None:
            return http.client.HTTPConnection(host, port, timeout=SECONDS)
        return http.client.HTTPSConnection(host, port, timeout=SECONDS, context=self._tls)


def _json(content: bytes) -> Any:
    try:
        return json.loads(content)
    except ValueError:
        return None
