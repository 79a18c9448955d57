"""The version of a release, which follows from what it is made of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

from kclod.integrity import InputEntry, digest_of_code, input_entry, package_versions, text_digest
from kclod.release.manifest import usage
from kclod.site import SEGMENT, Site


def release_version(site: Site, inputs: Mapping[str, Path]) -> str:
    """`<dataset version>-<12 hexadecimal digits>` of the digests of the inputs and the versions of the tools.

    The digest of kclod's own code is one of the tool versions: another code may make other bytes of equal inputs.
    """
    return version_of(site, input_entries(inputs))


def version_of(site: Site, inputs: Iterable[InputEntry]) -> str:
    """As `release_version`, from the entries of the inputs. UsageError: the dataset's version is no folder name."""
    return version_from(site.version, inputs, tool_versions())


@cache
def tool_versions() -> dict[str, str]:
    """The versions of the packages that can change what a release holds, and the digest of kclod's own code."""
    return package_versions() | {"kclod-code": digest_of_code(Path(__file__).parent.parent)}


def version_from(dataset_version: str, inputs: Iterable[InputEntry], tools: Mapping[str, str]) -> str:
    """As `version_of`, with the versions of the tools as some manifest lists them."""
    if not SEGMENT.fullmatch(dataset_version):
        raise usage(
            "release.version-name",
            f"{dataset_version!r} is not usable as a folder name",
            "use letters, digits, '.', '_', '-'",
        )
    lines = [f"{i.sha256} {i.path}" for i in inputs] + [f"{name} {version}" for name, version in tools.items()]
    return f"{dataset_version}-{text_digest(chr(10).join(sorted(lines)))[:12]}"


def input_entries(inputs: Mapping[str, Path]) -> list[InputEntry]:
    """The entries of input files, by name. UsageError when one cannot be read."""
    try:
        return [input_entry(name, inputs[name]) for name in sorted(inputs)]
    except OSError as error:
        raise usage(
            "release.input", f"cannot read an input: {error}", "name files that exist and can be read"
        ) from None
