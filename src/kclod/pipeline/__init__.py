"""The build of a project: records → map → link → accept → reason → validate → release."""

from kclod.pipeline.build import build, publish_files
from kclod.pipeline.checks import clash_problems, result_problem
from kclod.pipeline.places import Places
from kclod.pipeline.task import Announce, Note

__all__ = ["Announce", "Note", "Places", "build", "clash_problems", "publish_files", "result_problem"]
