"""A world that is told, and queries to it."""
# ruff: noqa: ARG002  (a told world has the whole interface, and needs little of it)

import json

from counterseal.sandbox.graphql import facts
from counterseal.sandbox.graphql.respond import respond

ANNA = facts.Person("User", 11, "anna", "http://127.0.0.1:1/anna", "Anna", "anna@example.com")
BOT = facts.Person("Bot", 12, "renovate[bot]", "http://127.0.0.1:1/apps/renovate")
ACME = facts.Person("Organization", 1, "acme", "http://127.0.0.1:1/acme")
REPOSITORY = facts.Repository(7, ACME, "payments", "http://127.0.0.1:1/acme/payments", "main", private=True)
FORK = facts.Repository(8, ANNA, "payments", "http://127.0.0.1:1/anna/payments", "main", fork=True)
TIME = "2026-11-24T10:00:00Z"
PAYMENTS = 'repository(owner: "acme", name: "payments")'


def oid(number):
    return f"{number:040x}"


def remark(number, author=ANNA, **more):
    return facts.Remark(number, author, f"text {number}", TIME, TIME, f"http://127.0.0.1:1/{number}", **more)


SIGNATURE = facts.Signature(
    "SshSignature",
    "malformed_signature",
    verified=False,
    payload="p",
    text="s",
    email="anna@example.com",
    key="SHA256:k",
)
WHO = facts.Identity("Anna", "anna@example.com", TIME, ANNA)
MACHINE = facts.Identity("renovate", "renovate@example.com", TIME, BOT)
COMMIT = facts.Commit(
    oid(3),
    oid(103),
    (oid(2),),
    "Pay\n\nlater",
    WHO,
    MACHINE,
    (facts.Identity("Otto", "otto@x"),),
    SIGNATURE,
    via_web=True,
)
PULL = facts.Pull(
    facts.Issue(5, remark(50), "Pay"),
    ("main", oid(1)),
    ("pay", oid(3)),
    FORK,
    merged_at=TIME,
    merged_by=BOT,
    merge_commit=oid(3),
)
REVIEWS = [
    facts.Review(remark(90, None), "APPROVED", None, TIME),
    facts.Review(
        remark(91, ANNA, edited_at=TIME, editor=BOT),
        "DISMISSED",
        oid(3),
        TIME,
        (facts.Team(4, "acme", "security", "Security", (ANNA,)),),
        pusher=True,
    ),
]


class Told:
    """A world that was told what it answers."""

    def __init__(self, *permissions, viewer=ANNA):
        self.permissions = permissions or ("contents", "pull_requests", "issues", "members")
        self.account = viewer
        self.made = []

    def viewer(self):
        return self.account

    def allowance(self):
        return facts.Allowance(5000, 17, TIME)

    def may(self, permission):
        return permission in self.permissions

    def wrote(self, author):
        return author == self.account

    def organization(self, login):
        return ACME if login == "acme" else None

    def team(self, organization, slug):
        return facts.Team(4, organization, slug, "Security", (ANNA,)) if slug == "security" else None

    def repository(self, owner, name):
        return REPOSITORY if (owner, name) == ("acme", "payments") else None

    def tip(self, repository, ref):
        return {"refs/heads/main": oid(1), "refs/tags/v1": oid(900)}.get(ref)

    def object(self, repository, expression):
        known = {oid(number): ("commit", oid(number)) for number in range(400)}
        known |= {
            "main:a.py": ("blob", oid(501)),
            "main:b.bin": ("blob", oid(502)),
            "main:long": ("blob", oid(503)),
        }
        return (
            known | {oid(900): ("tag", oid(900)), "main": ("commit", oid(1)), "pay": ("commit", oid(3))}
        ).get(expression)

    def commit(self, repository, name):
        self.made.append(name)
        return COMMIT if name == oid(3) else facts.Commit(name, oid(100), (), "m", WHO, WHO)

    def tag(self, repository, name):
        return facts.Tag(name, "v1", "first", oid(1), WHO)

    def blob(self, repository, name):
        return {oid(501): "naïve".encode(), oid(502): b"\0\1", oid(503): b"x" * 600_000}[name]

    def history(self, repository, name):
        return [name, oid(1)]

    def between(self, repository, base, head):
        return {(oid(1), oid(3)): [oid(2), oid(3)], (oid(3), oid(1)): []}[base, head]

    def pull(self, repository, number):
        return PULL if number == 5 else None

    def pulls_of(self, repository, name):
        return [PULL]

    def pull_commits(self, repository, number):
        return [oid(each) for each in range(1, 261)]

    def files(self, repository, number):
        return [facts.File("a.py", "removed", 0, 3), facts.File("b.py", "renamed", 1, 1)]

    def reviews(self, repository, number):
        return REVIEWS

    def issue(self, repository, number):
        return facts.Issue(6, remark(60), "Approve", TIME) if number == 6 else None

    def comments(self, repository, number):
        return [remark(70, BOT), remark(71, edited_at=TIME, editor=ANNA)]


def ask(query, told=None, **variables):
    status, answer = respond(told or Told(), json.dumps({"query": query, "variables": variables}).encode())
    assert status == 200
    return json.loads(json.dumps(answer))


def within(selection, told=None):
    answer = ask('{ repository(owner: "acme", name: "payments") { ' + selection + " } }", told)
    assert "errors" not in answer, answer
    return answer["data"]["repository"]


def refused(query, told=None):
    return ask(query, told)["errors"]
