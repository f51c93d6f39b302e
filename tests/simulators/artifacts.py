"""A stand-in for the artifact service: an action that keeps what a workflow uploads in a folder.

It does what `actions/upload-artifact` promises from v4 on (its README and action.yml): an artifact is never
changed, so a name that is taken is refused unless `overwrite` is set; files lie under their least common
folder; hidden files are left out; the digest is an output. Each artifact is a folder here, not an archive.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

_ACTION = """\
name: upload-artifact
description: A stand-in that keeps uploads in a folder.
inputs:
  name: {{description: name, default: artifact}}
  path: {{description: path, required: true}}
  if-no-files-found: {{description: what to do, default: warn}}
  retention-days: {{description: days}}
  overwrite: {{description: overwrite, default: "false"}}
outputs:
  artifact-digest: {{description: digest, value: "${{{{ steps.run.outputs.artifact-digest }}}}"}}
runs:
  using: composite
  steps:
    - id: run
      shell: bash
      run: exec '{python}' -I '{script}'
      env:
        ARTIFACT_INPUTS: ${{{{ toJSON(inputs) }}}}
        ARTIFACT_STORE: '{store}'
"""


@dataclass(frozen=True)
class ArtifactService:
    """The artifacts of one run.

    Args:
        home: a folder for the action and for what is uploaded.
    """

    home: Path

    @property
    def store(self) -> Path:
        """Where uploads are kept: one folder an artifact."""
        return self.home / "artifacts"

    def action(self) -> Path:
        """Write the action that uploads into this service, and return its folder."""
        folder = self.home / "upload-artifact"
        folder.mkdir(parents=True, exist_ok=True)
        self.store.mkdir(exist_ok=True)
        script = Path(__file__).resolve()
        text = _ACTION.format(python=sys.executable, script=script, store=self.store)
        (folder / "action.yml").write_text(text)
        return folder

    def files(self, name: str) -> dict[str, bytes]:
        """Return the files of an artifact by their path in it."""
        root = self.store / name
        return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def _upload() -> int:
    """Do the upload that the environment describes, as a step of a workflow."""
    import hashlib
    import json
    import os
    import shutil

    inputs = json.loads(os.environ["ARTIFACT_INPUTS"])
    target = Path(os.environ["ARTIFACT_STORE"]) / inputs["name"]
    patterns = [line.strip() for line in inputs["path"].splitlines() if line.strip()]
    found = {path.resolve() for pattern in patterns for path in Path().glob(pattern)}
    files = sorted(path for path in found if path.is_file() and not path.name.startswith("."))
    if not files:
        print("No files were found with the provided path")
        return 1 if inputs["if-no-files-found"] == "error" else 0
    if target.exists() and inputs["overwrite"] != "true":
        print("an artifact with this name already exists on the workflow run")
        return 1
    shutil.rmtree(target, ignore_errors=True)
    root = Path(os.path.commonpath([path.parent for path in files]))
    digest = hashlib.sha256()
    for path in files:
        copy = target / path.relative_to(root)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)
        digest.update(path.read_bytes())
    with Path(os.environ["GITHUB_OUTPUT"]).open("a") as file:
        file.write(f"artifact-digest={digest.hexdigest()}\n")
    return 0


if __name__ == "__main__":
    sys.exit(_upload())
