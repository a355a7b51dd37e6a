"""What all tests outside the package share.

A plain `pytest` runs everything that needs no site. `bin/test` gives the folders below what they need.
"""

import os

NEEDS = {
	"site": "B2B_TEST_SITE",
	"concurrency": "B2B_TEST_SITE",
	"browser": "B2B_BASE_URL",
	"package": "B2B_PACKAGE",
}

# They import frappe or selenium, or install packages: they are not even read where these are not given.
collect_ignore = [folder for folder, variable in NEEDS.items() if not os.environ.get(variable)]
