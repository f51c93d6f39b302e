"""Control of a running sandbox from another process, under `/_sandbox/`: people act, time passes.

It is there only where it was asked for, on this machine alone, and no part of the forge.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from counterseal.sandbox.request import Refusal

if TYPE_CHECKING:
    from counterseal.sandbox.server import Sandbox

PREFIX = "/_sandbox/"


def control(sandbox: Sandbox, method: str, path: str, body: dict[str, Any]) -> Any:
    """Answer a request to the control.

    Args:
        sandbox: the sandbox.
        method: the method.
        path: the path.
        body: what is asked: for `clock` how many `seconds` to let pass; for `act` who does what, see `_act`.
    """
    what = path.removeprefix(PREFIX)
    if (method, what) == ("GET", "log"):
        return [{"method": verb, "path": target, "status": status} for verb, target, status in sandbox.log]
    if (method, what) == ("GET", "clock"):
        return {"now": sandbox.world.clock.text()}
    if (method, what) == ("POST", "clock"):
        return {"now": sandbox.world.clock.advance(seconds=float(body["seconds"]))}
    if (method, what) == ("POST", "act"):
        return _act(sandbox, body)
    raise Refusal(404, "the control has: GET log, GET clock, POST clock, POST act")


def _act(sandbox: Sandbox, body: dict[str, Any]) -> dict[str, Any]:
    """Let somebody (`as`) do something in a `repository`: comment, review, merge, push, or review a run."""
    world = sandbox.world
    who, repository = world.account(body["as"]), world.repositories[body["repository"]]
    match body["do"]:
        case "comment":
            return {"id": repository.comment(repository.issues[body["issue"]], who, body["text"]).id}
        case "review":
            pull = repository.issues[body["issue"]].pull
            if pull is None:
                raise Refusal(422, "that is no pull request")
            return {"id": repository.review(pull, who, body["state"]).remark.id}
        case "merge":
            pull = repository.issues[body["issue"]].pull
            if pull is None:
                raise Refusal(422, "that is no pull request")
            return {"sha": repository.merge(pull, who, body.get("method", "merge"))}
        case "push":
            return {"sha": repository.commit(body["branch"], body["files"], who, body["message"])}
        case "review-run":
            run, environment = repository.runs[body["run"]], repository.environments[body["environment"]]
            repository.review_run(run, who, [environment], body.get("state", "approved"))
            return {}
    raise Refusal(422, "do: comment, review, merge, push or review-run")
