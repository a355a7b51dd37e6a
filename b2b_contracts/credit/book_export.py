"""Writes the trade of companies and a period as a book, which a policy can be replayed over (`backtest/book_format.py`).

Everything is as the books say it today. What they do not keep is left out, never guessed:

- **Cancelled documents** stand from their date until their cancellation (`modified`), when they stood over a night. Left out
  are those that were corrected on the day they were entered, those cancelled before the period, and those whose ledger
  rows are gone. What had paid a cancelled invoice is on account since it came, as ERPNext has it since. What it billed
  is named only where it was billed in full anew.
- **Set against** an invoice: ERPNext keeps no date of it. Money from before an invoice is on account (or an advance for
  its order) until the invoice is booked; later money is set against it when it comes. Only credit notes on account and
  advances on an account of their own keep the date of their reconciliation; what was reconciled before the period is as
  if it had come that way.
- **A loss** is what a payment deducts to the company's write-off account, a journal on that account or of type Write Off
  Entry, and what a POS invoice writes off. Other deductions (bank charges, cash discounts) count as paid.
- **Orders** have today's due date, promises, PO number and security share at all times. Of their amount the submit and the
  changes that were decided about are known, while nothing was delivered or billed; after the last of them it is today's.
  An order was closed when it was last modified; that it was closed and opened again in between is not known. An order
  without a decision, also one that was observed only, comes in by its date. None comes in after what belongs to it.
- **Profiles** go back as far as their history says without doubt (`book_profiles.py`). The gross to net ratio, the reason
  beside a manual limit of 0 and the days of the payment terms are today's at all times. That a rating was taken away
  cannot be said. Forced holds are those that have a Credit Hold. Before a profile was made there is none.
- **Groups** have the limits that their versions tell. **Security** is as it is today, since it was entered.
- **Disputes** count since they were opened, **payment plans** since their first instalment was paid (`book_set_aside.py`).
  Of an invoice that is in a plan in part, payments lower in the book what is chased, and not what is in the plan.

How money and debts, and goods and invoices, are put together is said in `book_receivables.py` and `book_goods.py`.
"""

import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import frappe
from frappe import _
from frappe.utils import formatdate, getdate

from b2b_contracts.backtest import book_format
from b2b_contracts.permissions import RESTRICTING, sees_everything

from . import book_facts, book_goods, book_profiles, book_set_aside, private_files
from .account_facts import company_currency
from .book_facts import DELIVERY, ORDER, Scope
from .book_receivables import VOUCHER, Receivables
from .book_scratch import Scratch, amount_text, split

Progress = Callable[[float, str], None]

ROLES = frozenset(("CFO", "Credit Auditor", "Credit Manager", "Finance Director", "System Manager"))
"""Who may take the trade of a company out of the system; each needs the right to read every customer as well."""

EVENT = "b2b_book_export"
"""What the desk listens to while a book is written."""


# ------------------------------------------------------------------ who may
def check_may_export(companies: list[str]) -> None:
	"""Refuse an export to whoever may not read all credit data of the companies."""
	user = frappe.session.user
	if user != "Administrator" and (not sees_everything(user) or ROLES.isdisjoint(frappe.get_roles(user))):
		frappe.throw(
			_("Exporting a book takes one of the roles {0}: it holds the trade of every customer.").format(
				", ".join(_(role) for role in sorted(ROLES))
			),
			frappe.PermissionError,
			title=_("Not within your mandate"),
		)
	for company in companies:
		if not frappe.has_permission("Company", "read", company):
			frappe.throw(
				_("You may not read company {0}, so you may not export its trade.").format(company),
				frappe.PermissionError,
				title=_("Company"),
			)
	restricted = sorted(RESTRICTING & frappe.permissions.get_user_permissions(user).keys())
	if restricted:
		frappe.throw(
			_("A book holds every customer, and your user permissions let you see some only: {0}.").format(
				", ".join(_(doctype) for doctype in restricted)
			),
			frappe.PermissionError,
			title=_("Not within your mandate"),
		)


def check_period(companies: list[str], from_date: date, to_date: date) -> None:
	"""Refuse companies or a period that no book can be written of."""
	if not companies:
		frappe.throw(_("Choose at least one company to export."), title=_("Company"))
	for company in companies:
		if not frappe.db.exists("Company", company):
			frappe.throw(_("There is no company {0}.").format(company), title=_("Company"))
	if from_date > to_date:
		frappe.throw(
			_("The book would end on {0}, before it begins on {1}.").format(
				formatdate(to_date), formatdate(from_date)
			),
			title=_("Period"),
		)


# ------------------------------------------------------------------ the book
def write_book(
	folder: Path,
	companies: list[str],
	from_date: date,
	to_date: date,
	anonymise: bool = False,
	progress: Progress | None = None,
) -> dict[str, int]:
	"""Write the book of some companies and a period into a folder; returns how many rows each sheet has.

	With what was open when the period began, and nothing after it. An anonymous book holds no names of customers,
	companies, groups or documents, no PO numbers and no written reasons. `progress` is told how far it is (0 to 1) and
	what is done; what it raises ends the export, and the folder stays as it was. Checks no permission.
	"""
	scope = Scope(tuple(dict.fromkeys(companies)), from_date, to_date)
	tell = progress or (lambda done, what: None)
	with tempfile.TemporaryDirectory(prefix="b2b-book-") as temporary:
		scratch = Scratch(Path(temporary) / "scratch.sqlite")
		try:
			_collect(scope, scratch, tell)
			return _write(folder, _customers(scope, scratch), scratch, anonymise, tell)
		finally:
			scratch.close()


def _write(folder: Path, customers: list[dict], scratch: Scratch, anonymise: bool, tell: Progress) -> dict:
	"""Write the sheets, or nothing: half a book is none."""
	there = folder.exists()
	folder.mkdir(parents=True, exist_ok=True)
	try:
		return scratch.write(
			folder, customers, anonymise, lambda done: tell(0.85 + 0.15 * done, _("Writing the book"))
		)
	except BaseException:
		for sheet in book_format.SHEETS:
			(folder / f"{sheet.name}.csv").unlink(missing_ok=True)
		if not there:
			folder.rmdir()
		raise


def _collect(scope: Scope, scratch: Scratch, tell: Progress) -> None:
	"""Note everything that belongs into the book."""
	tell(0, _("Looking for open items"))
	scratch.select(ORDER, book_facts.orders_from(scope))
	scratch.select(DELIVERY, book_facts.deliveries_from(scope))
	scratch.select(VOUCHER, book_facts.vouchers_from(scope))
	for names in scratch.batches(ORDER, scope.batch):
		scratch.select(DELIVERY, book_facts.deliveries_of_orders(names, scope))
		scratch.select(VOUCHER, book_facts.invoices_of_orders(names, scope))
	for names in scratch.batches(DELIVERY, scope.batch):
		scratch.select(VOUCHER, book_facts.invoices_of_deliveries(names, scope))
	for names in _told(scratch, ORDER, scope, tell, 0.1, 0.2, _("Reading orders")):
		book_goods.add_orders(names, scope, scratch)
	for names in _told(scratch, DELIVERY, scope, tell, 0.2, 0.3, _("Reading deliveries")):
		book_goods.add_deliveries(names, scope, scratch)
	receivables = Receivables(scope, scratch)
	for names in _told(scratch, VOUCHER, scope, tell, 0.3, 0.7, _("Reading invoices and payments")):
		receivables.add(names)
	for names in scratch.batches(ORDER, scope.batch, selected=False):
		book_goods.add_orders(names, scope, scratch, finished=True)
	tell(0.7, _("Putting together what bills what"))
	book_goods.match(scratch)
	_write_invoices(scratch)
	book_set_aside.add_disputes(scope, scratch)
	book_set_aside.add_plans(scope, scratch)
	tell(0.8, _("Reading profiles and security"))
	book_profiles.add_profiles(scope, scratch)
	book_profiles.add_securities(scope, scratch)
	book_profiles.add_rates(scope, scratch)


def _told(
	scratch: Scratch, kind: str, scope: Scope, tell: Progress, start: float, end: float, what: str
) -> Iterator[list[str]]:
	"""Yield the documents of a kind some at a time, telling how far it is."""
	count, done = max(1, scratch.count(kind)), 0
	for names in scratch.batches(kind, scope.batch):
		tell(start + (end - start) * done / count, what)
		yield names
		done += len(names)


def _write_invoices(scratch: Scratch) -> None:
	"""Turn invoices into rows: each instalment of each part, so that both add up."""
	for name, member, at, cells, instalments, parts in scratch.invoices():
		left = [amount for _order, _delivery, amount in parts]
		for due, amount in instalments:
			shares = split(amount, left)
			left = [before - share for before, share in zip(left, shares, strict=True)]
			for (order, delivery, _amount), share in zip(parts, shares, strict=True):
				if share:
					row = {"invoice": name, "due_date": due, "order": order, "delivery": delivery}
					scratch.add(book_format.INVOICES, at, member, amount=amount_text(share), **row, **cells)


def _customers(scope: Scope, scratch: Scratch) -> list[dict]:
	"""Return the rows of the sheet customers. Who trades in several companies of the book is several customers."""
	members = scratch.members()
	companies: dict[str, int] = {}
	for customer, _company in members:
		companies[customer] = companies.get(customer, 0) + 1
	names: dict[str, str] = {}
	every = sorted(companies)
	for start in range(0, len(every), scope.batch):
		names |= book_facts.customer_names(every[start : start + scope.batch])
	return [
		{
			"member": (customer, company),
			"customer": f"{customer} @ {company}" if companies[customer] > 1 else customer,
			"name": names.get(customer, ""),
			"company": company if len(scope.companies) > 1 else "",
			"currency": company_currency(company),
		}
		for customer, company in members
	]


# ------------------------------------------------------------------ in the background
def export_in_background(
	companies: list[str], from_date: str, to_date: str, anonymise: bool, job: str
) -> None:
	"""Write a book, keep it as a private file of the user who asked for it, and tell them. Runs in a job."""
	user, name = frappe.session.user, f"credit-book-{from_date}-{to_date}-{job}.zip"
	try:
		check_may_export(companies)
		with _zipped(companies, getdate(from_date), getdate(to_date), anonymise, job) as (archive, rows):
			# Attached to nothing: Frappe lets nobody but its owner (and Administrator) read it. Whoever may read what a file is
			# attached to may read the file: hung on the User it would be open to every System Manager.
			file_url = private_files.keep(archive, name, user)
	except Exception as error:
		frappe.db.rollback()
		frappe.log_error(title=_("A book could not be exported"))
		reason = frappe.utils.strip_html(str(error)) or type(error).__name__
		_tell(_("The book could not be exported: {0}").format(reason))
		frappe.publish_realtime(EVENT, {"job": job, "error": reason}, user=user)
		return
	_tell(_("The book is ready: {0} rows.").format(sum(rows.values())), file_url)
	done = {"job": job, "file_url": file_url, "file_name": name, "rows": rows}
	frappe.publish_realtime(EVENT, done, user=user, after_commit=True)


@contextmanager
def _zipped(
	companies: list[str], from_date: date, to_date: date, anonymise: bool, job: str
) -> Iterator[tuple[Path, dict[str, int]]]:
	"""Give a book as one ZIP file, which is gone afterwards."""

	def progress(done: float, what: str) -> None:
		told = {"job": job, "progress": round(100 * done), "text": what}
		frappe.publish_realtime(EVENT, told, user=frappe.session.user)

	with tempfile.TemporaryDirectory(prefix="b2b-book-") as temporary:
		folder, archive = Path(temporary) / "book", Path(temporary) / "book.zip"
		rows = write_book(folder, companies, from_date, to_date, anonymise, progress)
		with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as out:
			for file in sorted(folder.iterdir()):
				out.write(file, file.name)
		yield archive, rows


def _tell(subject: str, link: str = "") -> None:
	"""Ring the user's bell."""
	frappe.get_doc(
		{
			"doctype": "Notification Log",
			"for_user": frappe.session.user,
			"from_user": frappe.session.user,
			"type": "Alert",
			"subject": frappe.utils.escape_html(subject),
			"link": link,
		}
	).insert(ignore_permissions=True)
