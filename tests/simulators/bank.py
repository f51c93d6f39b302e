"""The bank: its repository, the people who work there, its policy, and its calendar."""

from __future__ import annotations

from datetime import datetime, timedelta

from counterseal.audit.population import Window
from counterseal.clients.forge import Repository
from counterseal.manifest.release import Stream
from counterseal.manifest.types import format_time, parse_time
from counterseal.policy.approval import ApprovalPolicy, BreakGlass, ChangeClass, EnvironmentRule, Group, Stage
from counterseal.policy.audit import Audit
from counterseal.policy.duties import Duties
from counterseal.policy.forge import Account
from counterseal.policy.people import People, PersonEntry

URI = "https://github.example/meridian/payments"
HOME = Repository(uri=URI, id=700100, full_name="meridian/payments", default_branch="main")
MAIN = "refs/heads/main"
PRODUCTION = Stream(repository=URI, environment="production")
SINCE, UNTIL = "2026-08-29T00:00:00Z", "2026-11-27T00:00:00Z"
WINDOW = Window(since=SINCE, until=UNTIL)
DEMANDS = Audit(branches=("main", "release/*"), tags=("v*",))
POLICY = "version: 1\nevidence:\n  expect: [record]\ngate:\n  evidence: [{record: 'record:unit-tests'}]\n"
DANA, CHRIS = Account(id=41001, login="dana"), Account(id=41002, login="chris")
RITA, MIA = Account(id=41003, login="rita"), Account(id=41004, login="mia")
EVE, SHADOW = Account(id=41666, login="eve"), Account(id=41099, login="dana-two")
MAILS = {
    one.login: f"{one.login.title()} <{one.login}@meridian.example>" for one in (DANA, CHRIS, RITA, MIA, EVE)
}
NAMES = {MAILS[one.login]: one for one in (DANA, CHRIS, RITA, MIA, EVE)}
PEOPLE = People(
    version=1,
    people=(
        PersonEntry(id="dana", accounts=(DANA.id, SHADOW.id), addresses=("dana@meridian.example",)),
        PersonEntry(id="chris", accounts=(CHRIS.id,), addresses=("chris@meridian.example",)),
        PersonEntry(id="rita", accounts=(RITA.id,), addresses=("rita@meridian.example",)),
        PersonEntry(id="mia", accounts=(MIA.id,), addresses=("mia@meridian.example",)),
    ),
)
APPROVAL = ApprovalPolicy(
    groups={"managers": Group(accounts=(MIA.id, DANA.id, CHRIS.id, SHADOW.id))},
    classes={
        "normal": ChangeClass(stages=(Stage(name="release", groups=("managers",)),)),
        "emergency": ChangeClass(
            stages=(Stage(name="release", groups=("managers",)),),
            break_glass=BreakGlass(post_review=("managers",), within=48),
        ),
    },
    environments={"production": EnvironmentRule(classes=("normal", "emergency"), default="normal")},
)
LAX = Duties(apart=())


def later(time: str, **span: float) -> str:
    """Return a moment that comes so much later."""
    return format_time(parse_time(time) + timedelta(**span))


def day(number: int, hour: int = 9) -> str:
    """Return a morning of the history: day 0 is the first of August."""
    return format_time(
        datetime.fromisoformat("2026-08-01T00:00:00+00:00") + timedelta(days=number, hours=hour)
    )
