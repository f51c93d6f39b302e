"""Stand-ins for hosted actions: what one run keeps, another one fetches; and a checkout of any commit.

Each artifact is kept in a folder named by run and name; what the real service refuses is shown apart
(tests/simulators/artifacts.py).
"""

from __future__ import annotations

from pathlib import Path

_UPLOAD = """\
name: upload-artifact
description: A stand-in that keeps files by run and name.
inputs:
  name: {{description: name, required: true}}
  path: {{description: paths, required: true}}
  if-no-files-found: {{description: what to do, default: warn}}
runs:
  using: composite
  steps:
    - shell: bash
      run: |
        shopt -s globstar nullglob
        target="$STORE/$GITHUB_RUN_ID/$NAME"
        mkdir -p -- "$target"
        while read -r pattern; do
          for path in $pattern; do [ -f "$path" ] && cp --parents -- "$path" "$target"; done
        done <<< "$PATTERNS"
        [ -n "$(ls -A "$target")" ]
      env:
        STORE: {store}
        NAME: ${{{{ inputs.name }}}}
        PATTERNS: ${{{{ inputs.path }}}}
"""
_DOWNLOAD = """\
name: download-artifact
description: A stand-in that fetches what a run has kept.
inputs:
  name: {{description: name, required: true}}
  run-id: {{description: run, required: true}}
  github-token: {{description: token}}
runs:
  using: composite
  steps:
    - shell: bash
      run: cp -r -- "$STORE/$RUN/$NAME/." .
      env:
        STORE: {store}
        RUN: ${{{{ inputs.run-id }}}}
        NAME: ${{{{ inputs.name }}}}
"""
_CHECKOUT = """\
name: checkout
description: A stand-in that checks a named commit out; where none is named, act does so itself.
inputs:
  ref: {{description: commit, required: true}}
  path: {{description: folder, default: "."}}
  fetch-depth: {{description: depth}}
  persist-credentials: {{description: whether}}
runs:
  using: composite
  steps:
    - shell: bash
      run: |
        git clone --quiet --no-checkout -- "$SOURCE" "$FOLDER"
        git -C "$FOLDER" checkout --quiet --detach "$REF"
      env:
        SOURCE: {source}
        REF: ${{{{ inputs.ref }}}}
        FOLDER: ${{{{ inputs.path }}}}
"""


def hosted_actions(home: Path, source: Path) -> dict[str, Path]:
    """Write the actions, and return where each is, by the name of the action that it stands in for.

    Args:
        home: a folder for them and for what is kept.
        source: the repository that is checked out.
    """
    store, made = home / "artifacts", {}
    store.mkdir(parents=True, exist_ok=True)
    texts = {"upload-artifact": _UPLOAD, "download-artifact": _DOWNLOAD, "checkout": _CHECKOUT}
    for name, text in texts.items():
        folder = home / name
        folder.mkdir(exist_ok=True)
        (folder / "action.yml").write_text(text.format(store=store, source=source))
        made[f"actions/{name}"] = folder
    return made
