"""Where a feed's content comes from: an address, a TAXII collection, a MISP folder, a file of this machine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from taxii2client.v21 import Collection, as_pages

from qingdun.detection.intelligence import files
from qingdun.detection.intelligence.fetching import Client, shown
from qingdun.detection.intelligence.misp import read_event
from qingdun.detection.intelligence.shapes import Shape, shapes
from qingdun.detection.intelligence.stix import read_stix
from qingdun.detection.intelligence.taken import Taken, Unreadable
from qingdun.detection.models import Feed
from qingdun.lib import environment
from qingdun.lib.home import home

PAGE, PAGES = 1000, 10_000  # objects asked for at once; pages of one run
EVENTS = 100_000  # of a MISP feed
ACCEPT = {"Accept": "application/taxii+json;version=2.1"}


def take(feed: Feed) -> tuple[Taken, str]:
    """What the feed holds now, and where it was found. Raises `Unreadable`."""
    shape = shapes().get(feed.shape)
    if shape is None:
        raise Unreadable(f"没有格式“{feed.shape}”，请在情报源上另选")
    if feed.folder:
        return _from_folder(feed, shape), feed.folder
    if not feed.address:
        raise Unreadable("这个情报源没有网址也没有目录，请上传文件")
    client = Client(inside=feed.inside, credential=environment.text(feed.credential) if feed.credential else "")
    match shape.format:
        case "taxii":
            return _from_taxii(feed, client), shown(feed.address)
        case "misp":
            return _from_misp(feed, lambda name: client.get(f"{feed.address.rstrip('/')}/{name}")[0]), shown(
                feed.address
            )
    content, _headers = client.get(feed.address)
    return files.read(content, shape, shown(feed.address)), shown(feed.address)


def folder() -> Path:
    """Where files of feeds lie: `$QINGDUN_FEED_FOLDER`, by default beside the records."""
    return Path(environment.text("QINGDUN_FEED_FOLDER") or home() / "intelligence" / "files").resolve()


def _from_folder(feed: Feed, shape: Shape) -> Taken:
    root = folder()
    path = (root / feed.folder).resolve()
    if not path.is_relative_to(root):
        raise Unreadable(f"{feed.folder} 不在情报目录 {root} 下")
    if path.is_dir() and shape.format == "misp":
        return _from_misp(feed, lambda name: _bytes(path / name))
    if path.is_dir():
        raise Unreadable(f"{feed.folder} 是目录，格式“{shape.name}”要的是文件")
    return files.read(_bytes(path), shape, feed.folder)


def _bytes(path: Path) -> bytes:
    try:
        if path.stat().st_size > files.LARGEST:
            raise Unreadable(f"{path.name} 超过 {files.LARGEST >> 20} MB，没有导入")
        return path.read_bytes()
    except OSError as error:
        raise Unreadable(f"读不出 {path.name}：{error.strerror}") from None


class _Connection:
    """What taxii2-client calls to ask a server: our own bounded client."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self.last_added = ""

    def get(self, url: str, headers: Mapping[str, str] | None = None, params: Any = None) -> Any:
        content, answered = self._client.get(url, headers or ACCEPT, params)
        if not answered.get("Content-Type", "").startswith("application/taxii+json"):
            raise Unreadable(f"{shown(url)} 的应答不是 TAXII 2.1（{answered.get('Content-Type', '没有类型')[:60]}）")
        self.last_added = answered.get("X-TAXII-Date-Added-Last", "") or self.last_added
        return files.document(content, shown(url))

    def close(self) -> None:
        """Nothing is held open."""


def _from_taxii(feed: Feed, client: Client) -> Taken:
    """What was added since the last time, page by page."""
    connection, objects = _Connection(client), list[Any]()
    after = {"added_after": feed.taken_to} if feed.taken_to else {}
    try:
        collection = Collection(feed.address, conn=connection)
        for number, page in enumerate(as_pages(collection.get_objects, per_request=PAGE, **after)):
            if number >= PAGES or not isinstance(page, dict):
                raise Unreadable(f"{shown(feed.address)} 的分页没有尽头或不是对象，没有导入")
            objects += page.get("objects") or []
    except Unreadable:
        raise
    except Exception as error:  # the library raises what it likes on answers it did not expect
        raise Unreadable(f"{shown(feed.address)} 不合 TAXII 2.1：{type(error).__name__}：{str(error)[:200]}") from None
    taken = read_stix({"objects": objects}, shown(feed.address))
    taken.up_to = connection.last_added
    return taken


def _from_misp(feed: Feed, get: Any) -> Taken:
    """The events that the manifest says have changed since the last time."""
    manifest = files.document(get("manifest.json"), "manifest.json")
    if not isinstance(manifest, dict) or len(manifest) > EVENTS:
        raise Unreadable("manifest.json 不是 MISP 的清单，没有导入")
    taken = Taken(up_to=feed.taken_to)
    since = int(feed.taken_to) if feed.taken_to.isdigit() else -1
    for name, changed in _events(manifest, since):
        event = read_event(files.document(get(f"{name}.json"), f"{name}.json"), f"{name}.json")
        taken.rows += event.rows
        for why, refusal in event.refused.items():
            known = taken.refused.setdefault(why, refusal)
            known.count += refusal.count if known is not refusal else 0
        taken.up_to = str(max(changed, int(taken.up_to or 0)))
    return taken


def _events(manifest: dict[str, Any], since: int) -> Iterator[tuple[str, int]]:
    for name, told in manifest.items():
        changed = str(told.get("timestamp", "0")) if isinstance(told, dict) else ""
        if not changed.isdigit() or not name.replace("-", "").isalnum():
            raise Unreadable(f"manifest.json 的 {name[:60]} 不是事件编号与时间，没有导入")
        if int(changed) > since:
            yield name, int(changed)
