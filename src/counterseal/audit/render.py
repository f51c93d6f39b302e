"""The renderer: from a view to one self-contained HTML page, with the same bytes for the same view."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from counterseal import __version__
from counterseal.audit.text import link_target, plain, show

if TYPE_CHECKING:
    from jinja2 import Environment

    from counterseal.audit.answer_view import AnswerView
    from counterseal.audit.dora.view import MetricsView
    from counterseal.audit.view import IndexView, ReleaseView

_TEMPLATES = "templates"
_ALGORITHMS = {"ecdsa-p256-sha256": "ECDSA P-256 with SHA-256", "ed25519": "Ed25519"}


def render_release(
    release: ReleaseView, *, generated_at: str, before: str | None = None, after: str | None = None
) -> bytes:
    """Return the page of one release as UTF-8.

    Args:
        release: what it says.
        generated_at: when it was made (RFC 3339, UTC).
        before: the page of the release before, when there is one.
        after: the page of the release after, when there is one.
    """
    footer = f"{release.stream}, release {release.sequence}"
    return _page("release.html.j2", footer, generated_at, release=release, before=before, after=after)


def render_index(index: IndexView, *, generated_at: str) -> bytes:
    """Return the page that lists all releases as UTF-8; `generated_at` as for `render_release`."""
    return _page("index.html.j2", "Releases on record", generated_at, index=index)


def render_answer(view: AnswerView, *, generated_at: str) -> bytes:
    """Return the page of an audit's answer as UTF-8; `generated_at` as for `render_release`."""
    return _page("audit.html.j2", "Audit", generated_at, view=view)


def render_metrics(view: MetricsView, *, generated_at: str) -> bytes:
    """Return the page of delivery metrics as UTF-8; `generated_at` as for `render_release`."""
    return _page("dora.html.j2", "Delivery metrics", generated_at, view=view)


def _page(template: str, footer: str, generated_at: str, **values: Any) -> bytes:
    from markupsafe import Markup

    style = _stylesheet() + _print_footer(footer)
    text = (
        _environment()
        .get_template(template)
        .render(
            style=Markup(style),  # noqa: S704 - our own file, and a footer of letters, digits and hyphens
            policy=_content_policy(style),
            generated_at=generated_at,
            version=__version__,
            **values,
        )
    )
    return text.encode("utf-8")


def _content_policy(style: str) -> str:
    """Return the policy (CSP level 3) that lets the page apply this one style and load nothing at all."""
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    allowed = f"style-src 'sha256-{digest}'; img-src data:"
    return f"default-src 'none'; {allowed}; base-uri 'none'; form-action 'none'"


@cache
def _stylesheet() -> str:
    return (files("counterseal.audit") / _TEMPLATES / "report.css").read_text("utf-8")


def _print_footer(text: str) -> str:
    """Return the rule that writes the text and the page number below each printed page."""
    font = "color: #565d64; font: 8pt system-ui, sans-serif;"
    return (
        f'@media print {{ @page {{ @bottom-left {{ content: "{text}"; {font} }}'
        f' @bottom-right {{ content: counter(page) " of " counter(pages); {font} }} }} }}\n'
    )


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup, escape

    environment = Environment(
        loader=PackageLoader("counterseal.audit", _TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=show,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {
        "algorithm": lambda name: _ALGORITHMS.get(name, name),
        "bytes": lambda size: f"{size:,} {'byte' if size == 1 else 'bytes'}",
        "code": lambda text: Markup(escape(text)),  # noqa: S704 - escaped here, only without `show`
        "link_target": link_target,
        "moment": lambda time: f"{time[:10]} {time[11:-1]} UTC",
        "number": lambda count: f"{count:,}",
        "plain": plain,
    }
    return environment
