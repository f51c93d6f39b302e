"""The trunk of the bank: real commits and merges, and what the forge tells of them and of deployments."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from counterseal.policy.change import ChangeFacts
from counterseal.policy.forge import Account, Deployment, DeploymentStatus, ForgeCommit, GitPerson, Push
from simulators.bank import HOME, MAILS, MAIN, NAMES, POLICY, RITA, URI, later
from simulators.fake_forge import FakeForge


@dataclass
class Trunk:
    """The clone, and the forge.

    Attributes:
        root: the clone.
        forge: the forge.
    """

    root: Path
    forge: FakeForge

    def git(self, *words: str, who: str = MAILS["dana"], at: str = "2026-08-01T00:00:00Z") -> str:
        """Run git as somebody at some moment, and return what it says."""
        name, _, mail = who.removesuffix(">").partition(" <")
        env = {
            "PATH": os.environ["PATH"],
            "HOME": "/nonexistent",
            "GIT_CONFIG_GLOBAL": "/dev/null",
            "GIT_CONFIG_NOSYSTEM": "1",
        }
        for role in ("AUTHOR", "COMMITTER"):
            env |= {f"GIT_{role}_NAME": name, f"GIT_{role}_EMAIL": mail, f"GIT_{role}_DATE": at}
        done = subprocess.run(
            ["git", *words], cwd=self.root, env=env, capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    def commit(self, message: str, files: dict[str, str], at: str, who: str = MAILS["dana"]) -> str:
        """Commit files on the branch that is checked out."""
        for path, text in files.items():
            (self.root / path).parent.mkdir(parents=True, exist_ok=True)
            (self.root / path).write_text(text)
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", message, who=who, at=at)
        return self.head()

    def head(self, ref: str = "HEAD") -> str:
        return self.git("rev-parse", ref)

    def push(self, before: str | None, after: str, at: str, kind: str, who: Account, ref: str = MAIN) -> Push:
        """Let the forge know of a movement, and of the commits that it brought."""
        old = self.forge.moves.get(ref, ())
        push = Push(
            id=len(old) + 1 + 1000 * len(ref),
            kind=kind,
            ref=ref,
            at=at,
            before=before,
            after=after,
            actor=who,
        )
        self.forge.moves[ref] = (push, *old)
        self.forge.tips[ref] = after
        span = f"{before}..{after}" if before else after
        listed = self.git("rev-list", "--reverse", span).split()
        facts = ChangeFacts(
            repository=URI,
            repository_id=HOME.id,
            base_ref=ref,
            head=after,
            head_ref=ref,
            commits=tuple(self._forge_commit(one) for one in listed),
        )
        self.forge.pushed[ref, before, after] = facts
        return push

    def _forge_commit(self, name: str) -> ForgeCommit:
        words = self.git("log", "-1", "--format=%T%n%P%n%an <%ae>%n%cn <%ce>%n%B", name).split("\n")
        tree, parents, author, committer, message = words[0], words[1].split(), words[2], words[3], words[4:]
        co_authors = [line.split(": ", 1)[1] for line in message if line.startswith("Co-authored-by: ")]
        return ForgeCommit(
            id=name,
            tree=tree,
            parents=tuple(parents),
            message="\n".join(message),
            author=_git_person(author),
            committer=_git_person(committer),
            co_authors=tuple(map(_git_person, co_authors)),
        )

    def merge_pull(
        self, number: int, title: str, at: str, *, author: str = MAILS["dana"], more: str = ""
    ) -> str:
        """Make a change on a branch, and have Rita merge its pull request."""
        before = self.head("main")
        self.git("checkout", "-q", "-b", f"feature/{number}")
        self.commit(f"PAY-{number}: {title}{more}", {f"src/{number}.py": title}, at, author)
        self.git("checkout", "-q", "main")
        self.git("merge", "-q", "--no-ff", "-m", f"Merge pull request #{number}", f"feature/{number}",
                 who=MAILS["rita"], at=at)  # fmt: skip
        after = self.head("main")
        self.push(before, after, at, "pr_merge", RITA)
        self.forge.brought[after] = (number,)
        return after

    def demand(self, section: str, at: str) -> str:
        """Have the policy demand more by a pull request of its own, and return it."""
        before, policy = self.head("main"), POLICY + section
        self.git("checkout", "-q", "-b", "feature/policy")
        self.commit("PAY-500: A stricter policy", {".github/counterseal.yml": policy}, at, MAILS["chris"])
        self.git("checkout", "-q", "main")
        words = ("merge", "-q", "--no-ff", "-m", "Merge pull request #500", "feature/policy")
        self.git(*words, who=MAILS["rita"], at=at)
        self.push(before, self.head("main"), at, "pr_merge", RITA)
        self.forge.brought[self.head("main")] = (500,)
        return policy

    def deploy(
        self, commit: str, at: str, *, state: str = "success", environment: str = "production"
    ) -> Deployment:
        """Let the forge know of a deployment that began at a moment, and took five minutes."""
        made = Deployment(
            id=8000 + len(self.forge.deployed),
            environment=environment,
            commit=commit,
            created_at=at,
            creator=RITA,
            statuses=(
                DeploymentStatus(state="in_progress", at=at),
                DeploymentStatus(state=state, at=later(at, minutes=5)),
            ),
        )
        self.forge.deployed.insert(0, made)
        return made


def _git_person(text: str) -> GitPerson:
    return GitPerson(text=text, account=NAMES.get(text))
