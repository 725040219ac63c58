"""The project's files, and the commit that they are of."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

from deploy.refused import Refused


@dataclass(frozen=True, slots=True)
class Tree:
    """A checkout."""

    root: Path
    commit: str
    changed: tuple[str, ...]
    """Files that differ from the commit, new ones included."""

    @classmethod
    def of(cls, root: Path) -> "Tree":
        """The checkout at this folder; Refused when there is none."""
        commit = commit_of(root)
        # -z: a name is given as it is, not quoted.
        status = run("git", "status", "--porcelain", "--no-renames", "-z", at=root, need="a git checkout")
        return cls(root, commit, tuple(sorted(line[3:] for line in status.split("\0") if line)))

    def files(self, *below: str) -> dict[str, Path]:
        """Files at or below these paths, by their path from the root; what git ignores is left out."""
        listed = ("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *below)
        names = sorted(set(run(*listed, at=self.root, need="a git checkout").split("\0")) - {""})
        return {name: self.root / name for name in names if (self.root / name).is_file()}


def commit_of(root: Path) -> str:
    """The commit that is checked out in a folder; Refused when there is none."""
    return run("git", "rev-parse", "HEAD", at=root, need="a git checkout with a commit").strip()


def run(*command: str, at: Path, need: str) -> str:
    """What a command prints; Refused with the end of its complaint when it fails."""
    try:
        done = subprocess.run(command, cwd=at, capture_output=True, text=True, check=False)
    except OSError as error:
        raise Refused(f"needs {need}: {command[0]} cannot be started ({error.strerror})") from error
    if done.returncode:
        said = " ".join(done.stderr.split())[-600:]
        raise Refused(f"needs {need}: {Path(command[0]).name} {command[1]} ended with {done.returncode}: {said}")
    return done.stdout
