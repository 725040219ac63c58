"""interconn: flows on the interconnectors, all-island only. Never recorded."""

from include.sources.eirgrid import usual
from include.sources.eirgrid.envelope import long_rows, rows_of
from include.sources.eirgrid.query import LONGEST_EXPORT, Hosts, Query, Request, export_path
from include.sources.eirgrid.rows import Rows


class Interconn:
    """`/api/Interconnector/{start}/{end}/{region}`."""

    name = "interconn"

    def __init__(self, hosts: Hosts) -> None:
        self.url = f"{hosts.interconn}/api/Interconnector"

    def requests(self, query: Query) -> list[Request]:
        """Requests for all interconnectors."""
        if query.area.name != "interconnection" or query.region != "ALL":
            return []
        parts = query.chunks(LONGEST_EXPORT)
        return [Request(part, f"{self.url}/{export_path(part)}", (("format", "json"),)) for part in parts]

    def usual_rows(self, body: bytes, query: Query) -> Rows:  # noqa: ARG002  an Interface
        """See Interface.usual_rows."""
        return usual.link_rows(body)

    def rows(self, payload: object, query: Query) -> Rows:  # noqa: ARG002  an Interface
        """Long rows: Effective_Date, Field_Name, Value."""
        found = rows_of(payload, interface=self.name)
        return long_rows(found, stamp="Effective_Date", field="Field_Name", interface=self.name)
