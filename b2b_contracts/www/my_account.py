"""The customer portal: what a customer with a log-in owes, how it is paid, and what it can ask for. Looking changes nothing; the
forms of the page are posted to `portal_api`."""

from urllib.parse import urlencode

import frappe
from frappe import _

from b2b_contracts.collections import (
	dispute_links,
	evidence_files,
	portal_access,
	portal_account,
)
from b2b_contracts.engine.disputes import CAUSES

no_cache = 1
sitemap = 0

PAGE = "/my-account"


def get_context(context):
	if frappe.session.user == "Guest":
		frappe.local.flags.redirect_location = f"/login?{urlencode({'redirect-to': PAGE})}"
		raise frappe.Redirect
	context.no_breadcrumbs = context.show_sidebar = 1
	asked = frappe.form_dict
	accounts = portal_access.accounts()
	account = _chosen(accounts, asked.get("customer"), asked.get("company"))
	# The rest of this request is written in the language of the customer.
	language = portal_access.language_of(account.customer if account else None)
	frappe.local.lang = language or frappe.local.lang
	context.title = _("Account and payments")
	context.accounts = [
		{
			"customer_name": one.customer_name,
			"company": one.company,
			"address": f"{PAGE}?{urlencode({'customer': one.customer, 'company': one.company})}",
			"is_chosen": one == account,
		}
		for one in accounts
	]
	context.account = account
	context.has_customer = bool(accounts) or portal_access.has_customer()
	if not account:
		return context
	context.shown = portal_account.shown(account)
	context.movements = portal_account.movements(account, asked.get("from_date"), asked.get("to_date"))
	context.pdf_of = _pdf_of(account, context.movements)
	context.causes = CAUSES
	context.accepted_files = evidence_files.ACCEPTED
	context.longest_text = dispute_links.LONGEST_TEXT
	return context


def _chosen(
	accounts: tuple[portal_access.Account, ...], customer: str | None, company: str | None
) -> portal_access.Account | None:
	"""Return the account that is asked for, the only one where none is; None where there is a choice, or nothing."""
	if customer or company:
		return portal_access.need_account(customer or "", company or "")
	return accounts[0] if len(accounts) == 1 else None


def _pdf_of(account: portal_access.Account, movements: dict) -> dict[str, str]:
	"""Return the addresses of the page's PDFs."""
	method = "/api/method/b2b_contracts.portal_api."
	of_account = {"customer": account.customer, "company": account.company}
	days = {day: movements[day] for day in ("from_date", "to_date")}
	return {
		"open": f"{method}statement_pdf?{urlencode(of_account)}",
		"moved": f"{method}statement_pdf?{urlencode(of_account | days)}",
		"reminder": f"{method}reminder_pdf?notice=",
	}
