"""Pages as PDF (WeasyPrint): tagged, with a language, and the same bytes for the same page and time.

WeasyPrint draws with Pango, which comes with the system. It loads nothing: every address is refused, and a
page carries all that it needs.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from counterseal.errors import UsageError
from counterseal.manifest.types import parse_time

_REMEDY = "on Debian and Ubuntu: apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"

# A page is laid out in one column, which takes a quarter of the time.
_PAPER = """
main > section, .facts { display: block }
.facts dt { font-weight: 600; margin-top: .4rem }
h2 { break-after: avoid }
#weeks, #failures, #lead, #restore { break-before: page }
"""


def pdf_of(page: bytes, *, generated_at: str) -> bytes:
    """Return a page as PDF/UA-1.

    Args:
        page: the page, HTML in UTF-8.
        generated_at: the time that the document states (RFC 3339, UTC).

    Raises:
        UsageError: the libraries that draw are not here.
    """
    with _dated(generated_at), warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of libraries of the system
        return _drawn(page.decode("utf-8"))


def _drawn(page: str) -> bytes:
    try:
        import weasyprint
        from weasyprint.urls import URLFetcher
    except (ImportError, OSError) as cause:
        message = f"no PDF can be drawn here: {cause}"
        raise UsageError(message[:300], where="formats", remedy=_REMEDY) from cause
    only_inside = URLFetcher(allowed_protocols=("data",), fail_on_errors=True)
    document = weasyprint.HTML(string=page, url_fetcher=only_inside)
    data: bytes = document.write_pdf(
        pdf_variant="pdf/ua-1", pdf_identifier=b"counterseal", stylesheets=[weasyprint.CSS(string=_PAPER)]
    )
    return data


@contextmanager
def _dated(moment: str) -> Iterator[None]:
    """Let everything that is drawn state one moment (reproducible-builds.org, SOURCE_DATE_EPOCH)."""
    name = "SOURCE_DATE_EPOCH"
    before = os.environ.get(name)
    os.environ[name] = str(int(parse_time(moment).timestamp()))
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before
