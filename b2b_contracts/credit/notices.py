"""Who is told of a hold, when, and only once.

The salesperson and the credit controllers at once, the customer's ordering contact after a delay and only if the order
is still held. Sent by a job after the order's transaction; what a killed job left is found by the sweep.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import frappe
from frappe import _
from frappe.query_builder import Order
from frappe.query_builder.functions import Sum
from frappe.utils import (
	add_days,
	escape_html,
	fmt_money,
	format_datetime,
	get_url_to_form,
	now_datetime,
	nowdate,
)

from b2b_contracts.engine import facts, rules
from b2b_contracts.engine.approval import CONTRACT_MANAGER

from . import contacts, holds, jobs
from .account_facts import company_currency
from .people import controllers, users_with

SELLER_TEMPLATE = "Order held: seller"
CUSTOMER_TEMPLATE = "Order held: customer"
RELEASED_TEMPLATE = "Order released: seller"
REJECTED_TEMPLATE = "Order rejected: seller"
STOP_TEMPLATE = "Deliveries stopped: seller"
STOP_CUSTOMER_TEMPLATE = "Deliveries stopped: customer"
LIFTED_TEMPLATE = "Deliveries go on: seller"
BOARD_TEMPLATE = "Board: decision asked"
BY_HAND_TEMPLATE = "Customer on hold: seller"


def parked(order, verdict) -> None:
	"""Tell whoever is on the screen now, and the others once the transaction is through."""
	lines = "".join(f"<li>{escape_html(row.message)}</li>" for row in verdict.hold.reasons)
	frappe.msgprint(
		_("Order {0} is entered and waits for a credit decision, because:").format(order.name)
		+ f"<ul>{lines}</ul>",
		title=_("Order on hold"),
		indicator="orange",
	)
	jobs.after_commit("b2b_contracts.credit.notices.tell_of_hold", hold=verdict.hold.name)


def held_draft(hold) -> None:
	"""Tell of a draft that was refused and waits for a release."""
	jobs.after_commit("b2b_contracts.credit.notices.tell_of_hold", hold=hold.name)


def refused_without_draft(subject, decision) -> None:
	"""Tell the seller and the controllers of a document that was refused and is gone: nobody has it on a screen."""
	text = _("{0} for {1} was refused for credit and is not there any more: {2}").format(
		_(subject.doctype), subject.customer, " ".join(holds.reasons_of(decision, subject.company))
	)
	seller = frappe.db.get_value("Customer", subject.customer, "account_manager")
	bell("Customer", subject.customer, [seller, *controllers()], text)


def tell_of_hold(hold: str) -> None:
	"""Tell the salesperson and the controllers of a new hold of an order or draft; does nothing the second time, or when
	it is gone."""
	doc = _to_be_told(hold)
	if doc is None:
		return
	recipients = [doc.salesperson] if doc.salesperson else []
	_notify(
		doc,
		list(dict.fromkeys([*recipients, *answering_for_contract(doc), *controllers()])),
		_("{0} is on hold: {1}").format(doc.reference_name, _summary(doc)),
	)
	_send(doc, SELLER_TEMPLATE, recipients)


def _to_be_told(hold: str):
	"""Return a hold that nobody was told of yet, and mark it as told; None when it is told of, answered or gone."""
	if not frappe.db.exists("Credit Hold", hold):
		return None
	doc = holds.newest(hold)
	if doc.status != holds.OPEN or doc.seller_notified_on:
		return None
	holds.write(doc, seller_notified_on=now_datetime())
	return doc


def answered(hold, template: str) -> None:
	"""Tell the salesperson that a hold was released or rejected, once the transaction is through."""
	jobs.after_commit("b2b_contracts.credit.notices.tell_of_answer", hold=hold.name, template=template)


def tell_of_answer(hold: str, template: str) -> None:
	"""Tell the salesperson, and whoever asked, how a hold was answered."""
	if not frappe.db.exists("Credit Hold", hold):
		return
	doc = frappe.get_doc("Credit Hold", hold)
	people = [user for user in dict.fromkeys((doc.salesperson, doc.requested_by)) if user]
	_notify(doc, people, _("{0}: {1}").format(doc.reference_name, _(doc.status, context="Credit Hold")))
	_send(doc, template, people)


def release_requested(hold) -> None:
	"""Tell those who may release it that a seller asks for a release."""
	jobs.after_commit("b2b_contracts.credit.notices.tell_of_request", hold=hold.name)


def tell_of_request(hold: str) -> None:
	if not frappe.db.exists("Credit Hold", hold):
		return
	doc = frappe.get_doc("Credit Hold", hold)
	text = _("{0} asks for the release of {1}: {2}").format(
		frappe.utils.get_fullname(doc.requested_by), doc.reference_name, doc.request_reason
	)
	_notify(doc, controllers(doc.required_role), text)


def contract_let_go(hold) -> None:
	"""Tell the salesperson, and who decides next, that differences from the contract were let go."""
	jobs.after_commit("b2b_contracts.credit.notices.tell_of_contract", hold=hold.name)


def tell_of_contract(hold: str) -> None:
	if not frappe.db.exists("Credit Hold", hold):
		return
	doc = frappe.get_doc("Credit Hold", hold)
	text = _("{0}: its differences from contract {1} were let go by {2}. The rest waits for {3}.").format(
		doc.reference_name,
		doc.contract or "",
		frappe.utils.get_fullname(doc.contract_approved_by),
		_(doc.required_role),
	)
	_notify(doc, [doc.salesperson, *controllers(doc.required_role)], text)


def answering_for_contract(hold) -> list[str]:
	"""Return who may let go that an order departs from its contract: the contract's owner and the contract managers; nobody for
	a hold that has other reasons alone."""
	if rules.CONTRACT not in {row.rule for row in hold.reasons}:
		return []
	owner = hold.contract and frappe.db.get_value("B2B Contract", hold.contract, "contract_owner")
	return [user for user in dict.fromkeys([owner, *users_with(CONTRACT_MANAGER)]) if user]


def stopped(hold) -> None:
	"""Tell of a customer that is stopped: once, however many deliveries are refused."""
	jobs.after_commit("b2b_contracts.credit.notices.tell_of_stop", hold=hold.name)


def tell_of_stop(hold: str) -> None:
	"""Tell the account manager and the controllers that a customer is stopped or on hold; the customer is told by
	`tell_customers`."""
	doc = _to_be_told(hold)
	if doc is None:
		return
	seller = _account_manager(doc)
	keeps_goods = doc.action != facts.HOLD
	text = _("Deliveries to {0} are stopped: {1}") if keeps_goods else _("New orders of {0} wait: {1}")
	_notify(doc, [*seller, *controllers()], text.format(doc.customer_name, _summary(doc)))
	by_hand = any(row.rule == rules.FORCED_HOLD for row in doc.reasons)
	_send(doc, BY_HAND_TEMPLATE if by_hand else STOP_TEMPLATE, seller)


def goods_beyond_limit(customer: str, company: str) -> None:
	"""Tell the account manager and the controllers of goods that were refused though the customer is not stopped: with them
	it would owe more than its limit. Once a day, however often somebody tries."""
	text = _(
		"Goods for {0} ({1}) were refused: with them the customer would owe more than its credit allows. A payment, a higher limit or a smaller delivery lets them go."
	).format(customer, company)
	manager = frappe.db.get_value("Customer", customer, "account_manager")
	told = frappe.get_all(
		"Notification Log",
		filters={
			"document_type": "Customer",
			"document_name": customer,
			"subject": text,
			"creation": [">", add_days(now_datetime(), -1)],
		},
		pluck="for_user",
	)
	bell("Customer", customer, [user for user in (manager, *controllers()) if user not in told], text)


def stop_lifted(hold) -> None:
	"""Tell that a customer's stop has lifted itself."""
	jobs.after_commit("b2b_contracts.credit.notices.tell_of_lift", hold=hold.name)


def tell_of_lift(hold: str) -> None:
	"""Tell the account manager that deliveries go on."""
	if not frappe.db.exists("Credit Hold", hold):
		return
	doc = frappe.get_doc("Credit Hold", hold)
	seller = _account_manager(doc)
	_notify(doc, seller, _("Deliveries to {0} go on.").format(doc.customer_name))
	_send(doc, LIFTED_TEMPLATE, seller)


def _account_manager(hold) -> list[str]:
	manager = frappe.db.get_value("Customer", hold.customer, "account_manager")
	return [manager] if manager else []


def tell_customers() -> int:
	"""Tell customers of orders still held, and of deliveries still stopped, after the policy's delay; returns how many. Run
	every few minutes."""
	due = frappe.get_all(
		"Credit Hold",
		filters={
			"status": holds.OPEN,
			"reference_doctype": ["in", ["Sales Order", holds.PROFILE_DOCTYPE]],
			"action": ["in", ["Hold", "Stop", "Delivery Stop"]],
			"customer_notified_on": ["is", "not set"],
			"customer_notice_due": ["<=", now_datetime()],
			"name": ["not in", _held_by_compliance() or [""]],
		},
		order_by="customer_notice_due",
		pluck="name",
		limit=200,
	)
	sent = 0
	for name in due:
		sent += _tell_customer(name)
		frappe.db.commit()  # nosemgrep: each customer's notice is marked with its mail, in one transaction
	return sent


def _held_by_compliance() -> list[str]:
	"""Return the open holds of customers that compliance looks at: nothing we write may warn one of them."""
	hold, reason = frappe.qb.DocType("Credit Hold"), frappe.qb.DocType("Credit Hold Reason")
	return list(
		frappe.qb.from_(reason)
		.join(hold)
		.on(hold.name == reason.parent)
		.select(hold.name)
		.where((reason.rule == rules.SANCTIONS) & (hold.status == holds.OPEN))
		.run(pluck=True)
	)


def _tell_customer(name: str) -> int:
	"""Tell one customer; nothing of limits, ratings or other customers may be in it."""
	hold = holds.newest(name)
	if hold.status != holds.OPEN or hold.customer_notified_on:
		return 0
	if any(row.rule == rules.SANCTIONS for row in hold.reasons):
		return 0
	if hold.reference_doctype == holds.PROFILE_DOCTYPE:
		return _tell_customer_of_stop(hold)
	holds.write(hold, customer_notified_on=now_datetime())
	if hold.is_premium:
		return _leave_to_account_manager(hold)
	order = frappe.get_doc("Sales Order", hold.reference_name)
	context = {
		"order": order.name,
		"po_no": order.po_no,
		"customer_name": order.customer_name,
		"company": order.company,
	}
	addresses = contacts.addresses_for_order(order)
	if not addresses:
		hold.add_comment("Info", _("The customer has no e-mail address to tell of the hold."))
	return _tell(addresses, CUSTOMER_TEMPLATE, context, "Sales Order", order.name)


def _tell(addresses: list[contacts.Address], template: str, context: dict, doctype: str, name: str) -> int:
	"""Send each of some people at a customer a mail of their own, in their language; returns whether there was anybody."""
	for address in addresses:
		mail([address.email], template, context, doctype, name, address.language)
	return int(bool(addresses))


def _leave_to_account_manager(hold) -> int:
	"""A premium customer gets no mail from us: whoever looks after them tells them. Without anybody, credit control does."""
	text = _("{0} is a premium customer and was not told that {1} waits. Please tell them yourself.").format(
		hold.customer_name, hold.reference_name
	)
	_notify(hold, _account_manager(hold) or controllers(), text)
	return 0


def _tell_customer_of_stop(hold) -> int:
	"""Tell a customer that deliveries are stopped, once there is something to deliver; no reason is in it but that the
	account wants looking at."""
	if hold.action == "Hold" or not _waits_for_goods(hold.customer, hold.company):
		return 0
	holds.write(hold, customer_notified_on=now_datetime())
	if hold.is_premium:
		return _leave_to_account_manager(hold)
	addresses = contacts.addresses_for(hold.customer, contacts.ORDERING, hold.company)
	if not addresses:
		hold.add_comment("Info", _("The customer has no e-mail address to tell of the stop."))
	context = {"customer_name": hold.customer_name, "company": hold.company}
	return _tell(addresses, STOP_CUSTOMER_TEMPLATE, context, "Customer", hold.customer)


def _waits_for_goods(customer: str, company: str) -> bool:
	"""Whether something ordered is not delivered yet."""
	filters = {"customer": customer, "company": company, "docstatus": 1, "per_delivered": ["<", 100]}
	return bool(frappe.db.exists("Sales Order", {**filters, "status": ["not in", ["Closed", "Completed"]]}))


def daily_digest() -> None:
	"""Send the controllers one mail a day: open holds and requests for limits, by their clocks, and who trades without profile."""
	recipients = controllers()
	held = frappe.get_all(
		"Credit Hold",
		filters={"status": holds.OPEN},
		fields=["name", "reference_name", "customer_name", "order_amount", "currency", "response_due"],
		order_by="response_due asc",
		limit=500,
	)
	asked = frappe.get_all(
		"Limit Request",
		filters={"status": "Open"},
		fields=["name", "customer_name", "requested_limit", "currency", "response_due"],
		order_by="response_due asc",
		limit=500,
	)
	unassessed = trading_without_profile()
	if not recipients or not (held or asked or unassessed):
		return
	parts = []
	if held:
		parts.append(f"<h3>{_('On hold')}</h3>" + _table([_hold_cells(row) for row in held]))
	if asked:
		parts.append(
			f"<h3>{_('Higher limits asked for')}</h3>" + _table([_limit_cells(row) for row in asked])
		)
	if unassessed:
		cells = [
			[
				escape_html(row.customer),
				escape_html(row.company),
				fmt_money(row.amount, currency=company_currency(row.company)),
			]
			for row in unassessed
		]
		parts.append(f"<h3>{_('Trading without a credit profile')}</h3>" + _table(cells))
	subject = _("Credit: {0} on hold, {1} customers without a profile").format(len(held), len(unassessed))
	_queue(recipients, subject, "".join(parts))


def trading_without_profile(days: int = 30) -> list[frappe._dict]:
	"""Return customers with orders of the last days and no profile, where a policy is on: customer, company, amount."""
	order, profile, policy = (
		frappe.qb.DocType(d) for d in ("Sales Order", "Credit Profile", "Credit Policy")
	)
	amount = Sum(order.base_grand_total)
	return (
		frappe.qb.from_(order)
		.join(policy)
		.on((policy.company == order.company) & (policy.is_active == 1) & (policy.mode != "Off"))
		.left_join(profile)
		.on((profile.customer == order.customer) & (profile.company == order.company))
		.select(order.customer, order.company, amount.as_("amount"))
		.where((order.docstatus == 1) & (order.is_internal_customer == 0) & profile.name.isnull())
		.where(order.transaction_date >= add_days(nowdate(), -days))
		.groupby(order.customer, order.company)
		.orderby(amount, order=Order.desc)
		.limit(500)
		.run(as_dict=True)
	)


def _hold_cells(row) -> list[str]:
	link = f"<a href='{get_url_to_form('Credit Hold', row.name)}'>{escape_html(row.reference_name)}</a>"
	money = fmt_money(row.order_amount, currency=row.currency)
	return [link, escape_html(row.customer_name), money, format_datetime(row.response_due)]


def _limit_cells(row) -> list[str]:
	link = f"<a href='{get_url_to_form('Limit Request', row.name)}'>{escape_html(row.name)}</a>"
	money = fmt_money(row.requested_limit, currency=row.currency)
	return [link, escape_html(row.customer_name), money, format_datetime(row.response_due)]


def _table(rows: list[list[str]]) -> str:
	lines = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
	return f"<table border='1' cellpadding='4' cellspacing='0'>{lines}</table>"


def resend_missed() -> None:
	"""Tell of holds whose notice never went out: the job was killed, or Redis lost it."""
	for row in frappe.get_all(
		"Credit Hold",
		filters={
			"status": holds.OPEN,
			"seller_notified_on": ["is", "not set"],
			"creation": ["<", frappe.utils.add_to_date(now_datetime(), minutes=-10)],
		},
		fields=["name", "reference_doctype"],
		limit=200,
	):
		tell = tell_of_stop if row.reference_doctype == holds.PROFILE_DOCTYPE else tell_of_hold
		tell(row.name)
		frappe.db.commit()  # nosemgrep: each notice is marked with its mail, in one transaction


def _send(hold, template: str, recipients: list[str]) -> None:
	if recipients:
		context = {
			"hold": hold,
			"reasons": [row.message for row in hold.reasons],
			"ways_out": frappe.parse_json(hold.ways_out or "[]"),
			"link": get_url_to_form("Credit Hold", hold.name),
		}
		mail(recipients, template, context, "Credit Hold", hold.name)


def mail(recipients, template, context, doctype, name, language=None, attachments=None) -> bool:
	"""Queue a mail from an Email Template that users may edit, in a language where there is a template for it. Returns whether it
	was; `attachments` are those of `frappe.sendmail`."""
	found = template_in(template, language)
	if not found:
		return False
	with writing_in(language):
		formatted = frappe.get_doc("Email Template", found).get_formatted_email(context)
	return _queue(recipients, formatted["subject"], formatted["message"], doctype, name, attachments)


def template_in(template: str, language: str | None) -> str | None:
	"""Return the Email Template for a language ("Order held: customer (da)"), else the one without; None without any.

	Norwegian is "no" to Frappe 15 and "nb" to Frappe 16; "en-GB" finds "en" as well.
	"""
	codes = [language, (language or "").split("-")[0]]
	codes += [{"no": "nb", "nb": "no"}.get(code) for code in codes]
	names = [f"{template} ({code})" for code in codes if code]
	return next((name for name in (*names, template) if frappe.db.exists("Email Template", name)), None)


@contextmanager
def writing_in(language: str | None) -> Iterator[None]:
	"""Translate, and write dates, in a language meanwhile."""
	former = frappe.local.lang
	frappe.local.lang = language or former
	try:
		yield
	finally:
		frappe.local.lang = former


def _queue(
	recipients,
	subject: str,
	message: str,
	doctype: str | None = None,
	name: str | None = None,
	attachments: list[dict] | None = None,
) -> bool:
	"""Queue a mail and return whether it was; when it cannot be queued nothing is lost but the mail, and that is logged.

	Frappe raises more than one error of its own without a usable outgoing account, muted mail among the causes.
	"""
	frappe.db.savepoint("b2b_mail")
	try:
		queued = frappe.sendmail(
			recipients=recipients,
			subject=subject,
			message=message,
			reference_doctype=doctype,
			reference_name=name,
			attachments=attachments,
		)
	except Exception:
		frappe.db.rollback(save_point="b2b_mail")
		if not frappe.are_emails_muted():
			frappe.log_error(
				title=f"No mail could be sent: {subject}"[:140],
				reference_doctype=doctype,
				reference_name=name,
			)
		return False
	# Frappe leaves out who wants no mail, and an address that is none: then it answers with an empty list.
	return queued != []


def _notify(hold, users, subject: str) -> None:
	"""Put a notice of a hold behind the bell of each user."""
	bell("Credit Hold", hold.name, users, subject)


def bell(doctype: str, name: str, users, subject: str) -> None:
	"""Put a notice of a document behind the bell of each user, but of whoever caused it, and of no customer with a log-in: what
	we tell each other is not meant for those."""
	for user in dict.fromkeys(users):
		# What came by a link is nobody's: its owner is Guest.
		if user and user not in (frappe.session.user, "Guest") and not _is_of_portal(user):
			frappe.get_doc(
				{
					"doctype": "Notification Log",
					"for_user": user,
					"from_user": frappe.session.user,
					"type": "Alert",
					"document_type": doctype,
					"document_name": name,
					"subject": subject,
				}
			).insert(ignore_permissions=True)


def _is_of_portal(user: str) -> bool:
	"""Whether somebody is a customer with a log-in: members of the Board may have no desk either."""
	user_type = frappe.db.get_value("User", user, "user_type", cache=True)
	return user_type == "Website User" and "Customer" in frappe.get_roles(user)


def _summary(hold) -> str:
	return "; ".join(row.message for row in hold.reasons)[:300]
