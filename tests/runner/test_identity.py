"""Who built it: what the runner vouches for ends up in the sealed manifest."""

from __future__ import annotations

from gitrepo import git
from samplebank import SIGNING_KEY

from runner.steps import action, seal, shell, sign
from simulators.oidc import CLAIMS, TokenService

JOB = "job"


def test_the_identity_token_becomes_the_builder_and_stays_secret(bank, play):
    forge = bank.runner.forge
    claims = CLAIMS | {
        "repository_id": str(forge.repository_id),
        "run_id": str(9001 + bank.runner.runs),
        "sha": lambda: git(bank.repository, "rev-parse", "HEAD"),
    }
    steps = (
        shell("build", "mkdir dist; echo one > dist/app.bin; echo fine > notes.txt"),
        action("record", name="drill", kind="dr-drill", outcome="passed", files="notes.txt"),
        sign(),
        seal(expect="record:drill"),
    )
    with TokenService(claims=claims) as service:
        run = play(*steps, env=service.env())
        token, forge_url = service.token, service.url
    assert run.exit_code == 0, run.log()
    assert {asked["audience"] for asked in service.asked} == {"counterseal"}
    builder = bank.manifest(1)["builder"]
    assert builder["identity"] == "oidc"
    assert builder["claims"]["iss"] == f"{forge_url}/_services/token"
    assert builder["runUrl"].startswith(forge_url)  # the forge is named, so nothing is claimed about another
    assert builder["claims"]["job_workflow_ref"] == CLAIMS["job_workflow_ref"]
    assert "jti" not in builder["claims"]
    assert (builder["runId"], builder["actor"]["id"]) == (int(claims["run_id"]), forge.actor_id)

    kept = b"".join(path.read_bytes() for path in bank.store.rglob("*") if path.is_file())
    assert token.encode() not in kept
    assert token not in run.log().replace(f"::add-mask::{token}", "")
    assert bank.secrets[SIGNING_KEY].splitlines()[1] not in run.log()
