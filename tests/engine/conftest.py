"""Makes the package importable from a plain checkout and says how hard hypothesis tries.

The default is the same examples on every run, so that a red run can be repeated; `HYPOTHESIS_PROFILE=explore`
looks for new ones.
"""

import os
import sys
from pathlib import Path

from hypothesis import HealthCheck, settings

REPOSITORY = str(Path(__file__).resolve().parents[2])
if REPOSITORY not in sys.path:
	sys.path.insert(0, REPOSITORY)

_COMMON = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow, HealthCheck.filter_too_much]}
settings.register_profile("default", max_examples=120, derandomize=True, database=None, **_COMMON)
settings.register_profile("explore", max_examples=3000, **_COMMON)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))
