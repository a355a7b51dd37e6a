"""What a Policy Back-test is given: a period, one or two policies or policy files, and what is assumed."""

from decimal import Decimal
from itertools import islice

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import cint, escape_html, flt, formatdate, getdate, nowdate

from b2b_contracts.backtest import policy_file
from b2b_contracts.backtest.assumptions import Assumptions
from b2b_contracts.backtest.policy_file import PolicyFileError, PolicyTerms
from b2b_contracts.exceptions import BackTestError

from . import policy_files, private_files
from .account_facts import company_currency

A, B = "a", "b"
POLICIES = tuple(f"{field}_{letter}" for letter in (A, B) for field in ("policy", "version", "file"))
ASSUMPTIONS = (
	"release_hours",
	"nobody_releases",
	"prepay_days",
	"never_prepay",
	"give_up_days",
	"late_days",
	"profiles_from_start",
	"keep_terms",
	"observe",
	"recorded_answers",
)
GIVEN = ("company", "from_date", "to_date", *POLICIES, *ASSUMPTIONS)
LARGEST_FILE = 1_000_000
PROBLEMS_TOLD = 20


# ------------------------------------------------------------------ checks
def check(doc: Document) -> None:
	"""Refuse a period that is none, and policies or versions that do not belong to what they stand beside."""
	if getdate(doc.from_date) > getdate(doc.to_date):
		frappe.throw(
			_("The period ends on {0}, before it begins on {1}. Enter a later end.").format(
				formatdate(doc.to_date), formatdate(doc.from_date)
			),
			BackTestError,
			title=_("Period"),
		)
	for letter in (A, B):
		_check_policy(doc, doc.get(f"policy_{letter}"), doc.get(f"version_{letter}"), letter.upper())


def _check_policy(doc: Document, policy: str | None, version: str | None, letter: str) -> None:
	company = policy and frappe.db.get_value("Credit Policy", policy, "company")
	if company and company != doc.company:
		frappe.throw(
			_("Credit policy {0} is for {1}, not for {2}. Choose a policy of {2}.").format(
				frappe.bold(policy), frappe.bold(company), frappe.bold(doc.company)
			),
			BackTestError,
			title=_("Policy of another company"),
		)
	of_policy = version and frappe.db.get_value("Credit Policy Version", version, "policy")
	if of_policy and of_policy != policy:
		frappe.throw(
			_(
				"The version chosen for policy {0} belongs to {1}. Choose {1} as the policy, or no version."
			).format(letter, frappe.bold(of_policy)),
			BackTestError,
			title=_("Version of another policy"),
		)


def check_can_run(doc: Document) -> None:
	"""Refuse what `check` does, and what nothing could come of."""
	check(doc)
	if not doc.policy_a and not doc.file_a:
		frappe.throw(
			_("There is no policy to test. Choose policy A, or attach a policy file."),
			BackTestError,
			title=_("No policy"),
		)
	if getdate(doc.from_date) > getdate(nowdate()):
		frappe.throw(
			_(
				"The period begins on {0}. Let it begin in the past: that is what a policy is tested on."
			).format(formatdate(doc.from_date)),
			BackTestError,
			title=_("Period"),
		)


# ------------------------------------------------------------------ policies
def fill_in_versions(doc: Document) -> None:
	"""Choose the newest version of each policy where none is chosen."""
	for letter in (A, B):
		policy, file = doc.get(f"policy_{letter}"), doc.get(f"file_{letter}")
		if policy and not file and not doc.get(f"version_{letter}"):
			doc.set(f"version_{letter}", policy_files.newest_version(policy))


def terms_of(doc: Document, letter: str) -> PolicyTerms | None:
	"""Return the terms of policy A or B, None where there is none. All that is wrong with a file is told at once."""
	file, policy = doc.get(f"file_{letter}"), doc.get(f"policy_{letter}")
	try:
		if file:
			terms = policy_file.loads(text_of(file), name_of(file))
			_check_currency(terms, doc.company, name_of(file))
			_check_segments(terms, doc.company, name_of(file))
			return terms
		if policy:
			frappe.has_permission("Credit Policy", "read", policy, throw=True)
			version = frappe.db.get_value("Credit Policy Version", doc.get(f"version_{letter}"), "version")
			return policy_files.terms_of_policy(policy, version)
	except PolicyFileError as error:
		tell_problems(error, name_of(file) if file else policy)
	return None


def tell_problems(error: PolicyFileError, what: str) -> None:
	"""Refuse a policy file with the list of what is wrong with it."""
	problems = [escape_html(problem) for problem in islice(error.problems, PROBLEMS_TOLD)]
	if len(error.problems) > PROBLEMS_TOLD:
		problems.append(_("… and {0} more.").format(len(error.problems) - PROBLEMS_TOLD))
	frappe.throw(
		problems,
		BackTestError,
		title=_("{0} cannot be read as a policy").format(escape_html(what)),
		as_list=True,
	)


def _check_currency(terms: PolicyTerms, company: str, file: str) -> None:
	"""Refuse amounts in a currency that the company does not have."""
	currency, own = terms.policy.currency, company_currency(company)
	if currency and currency != own:
		frappe.throw(
			_(
				"The amounts in {0} are in {1}, those of {2} in {3}. Change the amounts and the currency in the file."
			).format(frappe.bold(escape_html(file)), escape_html(currency), frappe.bold(company), own),
			BackTestError,
			title=_("Other currency"),
		)


def _check_segments(terms: PolicyTerms, company: str, file: str) -> None:
	"""Refuse a file that does not have all segments of the company's customers."""
	used = frappe.get_all("Credit Profile", filters={"company": company}, distinct=True, pluck="segment")
	missing = sorted(set(used) - terms.segments.keys() - {None, ""})
	if missing:
		frappe.throw(
			_(
				"{0} does not have the segments {1}, which customers of {2} are in. Add them to the file."
			).format(frappe.bold(escape_html(file)), ", ".join(missing), frappe.bold(company)),
			BackTestError,
			title=_("Segments missing"),
		)


# ------------------------------------------------------------------ files
def name_of(file_url: str) -> str:
	"""Return the name of an attached file."""
	return file_url.rsplit("/", 1)[-1]


def check_may_read(file_url: str):
	"""Return the File behind an address, for whom it is open; refuse everybody else."""
	file = private_files.readable(file_url)
	if file:
		return file
	frappe.throw(
		_("There is no file {0} that you may read. Attach the policy file again.").format(
			escape_html(name_of(file_url))
		),
		BackTestError,
		title=_("Policy file"),
	)


def text_of(file_url: str) -> str:
	"""Return the text of an attached policy file."""
	file = check_may_read(file_url)
	if (file.file_size or 0) > LARGEST_FILE:
		raise PolicyFileError(name_of(file_url), [_("The file is too large for a policy.")])
	content = file.get_content()
	if isinstance(content, bytes):
		raise PolicyFileError(name_of(file_url), [_("The file is not a UTF-8 text file.")])
	return content.removeprefix("\ufeff")


# ------------------------------------------------------------------ assumptions
def assumptions_of(doc: Document) -> Assumptions:
	"""Return what is assumed where the past does not tell."""
	hours = flt(doc.release_hours)
	return Assumptions(
		release_hours=Decimal(str(hours)) if hours else None,
		nobody_releases=bool(doc.nobody_releases),
		prepay_days=None if doc.never_prepay else cint(doc.prepay_days),
		give_up_days=cint(doc.give_up_days),
		late_days=cint(doc.late_days),
		profiles_from_start=bool(doc.profiles_from_start),
		follow_terms=not doc.keep_terms,
		observe=bool(doc.observe),
		recorded_answers=bool(doc.recorded_answers),
	)
