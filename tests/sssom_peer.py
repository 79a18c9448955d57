"""Run by the Python of an environment that has `sssom`: what it says of mapping sets, as JSON."""

import json
import logging
import sys

from sssom.constants import DEFAULT_VALIDATION_TYPES  # type: ignore[import-not-found]
from sssom.parsers import parse_sssom_table  # type: ignore[import-not-found]
from sssom.validators import validate  # type: ignore[import-not-found]

logging.disable(logging.CRITICAL)
found = {}
for path in sys.argv[1:]:
    mappings = parse_sssom_table(path)
    reports = validate(mappings, DEFAULT_VALIDATION_TYPES, fail_on_error=False)
    problems = [str(result.message) for report in reports.values() for result in report.results]
    found[path] = {"rows": len(mappings.df), "problems": problems}
print(json.dumps(found))
