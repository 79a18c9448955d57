"""Whether a release folder is what its lists say."""

from __future__ import annotations

from pathlib import Path

from kclod.errors import Problem, UsageError
from kclod.integrity import problems_of_compressed, problems_of_files, problems_of_inputs
from kclod.release.manifest import MANIFEST, STORE_LIST, files_adapter, read_manifest
from kclod.release.version import version_from
from kclod.site import from_json_text


def verify(path: Path, inputs: Path | None = None) -> list[Problem]:
    """Every way in which a release folder differs from its manifest and store list; empty when it is whole.

    Looks for damaged, missing and additional files, links, paths that lead out of the folder, compressed files that do
    not unpack to the file beside them, what others may write, and a version that is not that of the inputs and tools
    that the manifest names. With the folder `inputs`, also whether the inputs below it are the ones listed.
    """
    try:
        manifest = read_manifest(path)
        listed = from_json_text(files_adapter(), (path / STORE_LIST).read_bytes(), str(path / STORE_LIST))
    except UsageError as error:
        return list(error.problems)
    except OSError as error:
        message = f"cannot be read: {error.strerror}"
        return [Problem("release.missing-file", message, "build the release again", str(path / STORE_LIST))]
    problems = problems_of_files(path, [*manifest.files, *listed], unlisted={MANIFEST, STORE_LIST})
    problems += problems_of_compressed(path, manifest.files)
    if inputs is not None:
        problems += problems_of_inputs(inputs, manifest.inputs)
    if manifest.version != version_from(manifest.dataset_version, manifest.inputs, manifest.tools):
        problems.append(
            Problem(
                "release.version",
                f"{manifest.version} is not the version of the inputs and tools it lists",
                "build the release again",
                str(path / MANIFEST),
            )
        )
    return problems
