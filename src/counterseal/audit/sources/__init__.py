"""Where the populations of an audit come from: store, git, forge, and exports of other platforms."""
