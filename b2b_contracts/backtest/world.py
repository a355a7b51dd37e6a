"""One world: the trade of a book as it would have gone under a policy (or as it went, without one).

Facts come in the order of time and are booked: goods, invoices, credit notes, money, disputes and plans. Nothing in a
world knows what comes.
"""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

from b2b_contracts.engine.money import ONE, ZERO

from .book import SECONDS_A_DAY
from .book_format import (
	ADVANCE,
	CREDIT_NOTES,
	DELIVERIES,
	DISPUTES,
	GROUPS,
	INVOICES,
	JOURNAL,
	ON_ACCOUNT,
	ORDERS,
	PAYMENTS,
	PLANS,
	PROFILES,
	RATES,
	RATINGS,
	SECURITIES,
	WRITE_OFF,
)
from .figures import CLOSED, EXPIRED
from .holding import Holding
from .ledger import BLOCKED, GIVEN_UP, GRANTED, NOT_CHECKED, WAITING, Account, Invoice, Order, key_of
from .timeline import CHANGE, CLOSING, HELD_UP, RANK


class World(Holding):
	"""A world. Feed it the days of a book in order with `run_day`; its `figures` are what came of it."""

	def __init__(self, *arguments, **period):
		super().__init__(*arguments, **period)
		# Invoices that were paid ahead because the policy asked for it.
		self._paid_ahead: dict[str, Invoice] = {}
		self._handlers = {
			RANK[name]: handler
			for name, handler in (
				(RATES, self.judging.rate),
				(GROUPS, self.judging.group),
				(PROFILES, self.judging.profile),
				(RATINGS, self.judging.rating),
				(SECURITIES, self._security),
				(DISPUTES, self._dispute),
				(PLANS, self._plan),
				(ORDERS, self._order),
				(DELIVERIES, self._delivery),
				(INVOICES, self._invoice),
				(CREDIT_NOTES, self._credit_note),
				(PAYMENTS, self._payment),
			)
		}
		self._handlers[CHANGE] = self._change

	def _security(self, row, moved: int) -> None:
		self.judging.security(row)
		if row.in_force_until is not None:
			self._schedule(row.in_force_until, CLOSING, self.judging.security_ended, row)

	# -------------------------------------------------------------- goods
	def _account_order(self, name: str) -> Order | None:
		"""Return the order that a row names, None where it names none or it is done."""
		if not name:
			return None
		return self.ledger.orders.get(name) or self._given_up[ORDERS].get(name)

	def _delivery(self, row, moved: int) -> None:
		account = self.ledger.accounts[row.customer]
		order = self._account_order(row.order)
		if not row.order:
			order = self._uncovered(row.delivery, DELIVERIES, account, row.amount, None)
		if order is not None and not self._may_happen(
			order, DELIVERIES, self._delivery, row, moved, row.delivery
		):
			return
		if order is not None and self._holds_back and row.order and not self._may_leave(order, row, moved):
			return
		if not row.billed_before:
			self.ledger.deliver(row.delivery, account, order, row.amount)
		self.figures.totals.delivered += row.amount
		if row.closed_on is not None:
			self._schedule(row.closed_on, CLOSING, self._close_delivery, row.delivery)

	def _uncovered(self, name: str, kind: str, account: Account, amount: Decimal, due: date | None) -> Order:
		"""Return the order that a delivery or invoice without one is; made and decided about when it comes first."""
		key = key_of(kind, name)
		found = self.ledger.orders.get(key) or self._given_up[ORDERS].get(key)
		if found is not None:
			return found
		order = Order(name, account, kind, amount)
		order.ordered_on, order.due_date = self._today, due
		self._enter(order)
		return order

	def _may_happen(self, order: Order, sheet: str, handler: Callable, row, moved: int, name: str) -> bool:
		"""Whether a document of an order happens now; else it is kept back, moved to later, or never happens."""
		pending, rank = self._pending[sheet], RANK[sheet]
		if order.status in (GRANTED, NOT_CHECKED):
			if not order.shift or moved & HELD_UP:
				pending.pop(name, None)
				return True
			pending[name] = order
			self._schedule(self._now + order.shift, rank, handler, row, HELD_UP)
			return False
		if order.status == GIVEN_UP:
			self._given_up[sheet][name] = order
			pending.pop(name, None)
			self._never(order, sheet, row)
			return False
		pending[name] = order
		self._defer(order, sheet, handler, row, moved)
		return False

	def _never(self, order: Order, sheet: str, row) -> None:
		"""Something of the past does not happen in this world: its order was given up."""
		if sheet == INVOICES:
			self.figures.totals.never_invoiced += sum((line.amount for line in row), ZERO)
		elif sheet == DELIVERIES:
			self.figures.totals.never_delivered += row.amount
		elif sheet == CREDIT_NOTES:
			self._never_booked("never_credited", row.amount, row.cancelled_on)
		elif sheet == PAYMENTS and row.kind == WRITE_OFF:
			self.figures.totals.never_written_off += row.amount
		elif sheet == PAYMENTS and not row.taken_from:
			self._never_booked("never_paid", row.amount, row.cancelled_on)

	def _never_booked(self, what: str, amount: Decimal, cancelled_on: int | None) -> None:
		"""What never happens is never cancelled either."""
		totals = self.figures.totals
		setattr(totals, what, getattr(totals, what) + amount)
		if cancelled_on is not None:
			self._schedule(cancelled_on, CLOSING, self._never_booked, what, -amount, None)

	def _may_leave(self, order: Order, row, moved: int) -> bool:
		"""Whether goods of a granted order may leave: its release still covers it, and the customer is not stopped."""
		if order.approved is not None and self._why_release_ended(order):
			order.approved = order.valid_until = order.released_at = None
			order.excess = ZERO
			self._decide(order)
			if order.status == WAITING:
				order.hold.because = EXPIRED
				self._pending[DELIVERIES][row.delivery] = order
				self._defer(order, DELIVERIES, self._delivery, row, moved)
				return False
		if not self._is_checked(order.account) or not self._is_stopped(order, row.amount):
			return True
		order.status = BLOCKED
		order.hold = self.figures.delivery_stopped(
			order, *self._segment_and_class(order.account), row.amount, self._now
		)
		order.account.standing.gate.parked[order.key] = order
		self._pending[DELIVERIES][row.delivery] = order
		self._defer(order, DELIVERIES, self._delivery, row, moved)
		self._plan_give_up(order)
		return False

	def _close_order(self, name: str) -> None:
		order = self.ledger.orders.get(name)
		if order is None:
			return
		order.account.standing.forget()
		rest = order.open
		if order.deferred:
			kept = sum(
				(row.amount for _m, _r, handler, row in order.deferred if handler == self._delivery), ZERO
			)
			rest = max(ZERO, rest - kept)
		self.ledger.take_off(order, rest)
		gate = order.account.standing.gate
		if order.status in (WAITING, BLOCKED) and not order.deferred:
			gate.parked.pop(order.key, None)
			self.figures.ended(order, CLOSED, self._now)
			order.status = GRANTED
		if order.prepaid and order.status == GRANTED and not order.open:
			order.account.credits += order.prepaid
			order.prepaid = order.advance_asked = ZERO
		self.ledger.drop_if_done(order)
		self._cause_may_be_gone(gate)

	def _close_delivery(self, name: str) -> None:
		delivery = self.ledger.deliveries.get(name)
		if delivery is not None:
			self.ledger.bill_or_return(delivery, delivery.unbilled)
			if delivery.order is not None:
				self.ledger.drop_if_done(delivery.order)
			self._cause_may_be_gone(delivery.account.standing.gate)

	# -------------------------------------------------------------- invoices
	def _invoice(self, group: list, moved: int) -> None:
		first = group[0]
		account = self.ledger.accounts[first.customer]
		order = self._order_of_invoice(group, account)
		if order is not None and not self._may_happen(
			order, INVOICES, self._invoice, group, moved, first.invoice
		):
			return
		self._book_invoice(group, account, order)

	def _order_of_invoice(self, group: list, account: Account) -> Order | None:
		"""Return the order that an invoice belongs to: the first that waits, else the one that is latest."""
		if len(group) == 1 and group[0].order:
			order = self.ledger.orders.get(group[0].order)
			if order is not None:
				return order
		found: list[Order] = []
		for row in group:
			order = self._account_order(row.order)
			if order is None and row.delivery:
				delivery = self.ledger.deliveries.get(row.delivery)
				order = delivery.order if delivery else self._order_of_kept_back(DELIVERIES, row.delivery)
			if order is not None:
				found.append(order)
		bare = [row for row in group if not row.order and not row.delivery and row.kind != JOURNAL]
		if bare:
			due = max(row.due_date for row in bare)
			if self._follows_terms:
				due += timedelta(days=self.judging.days_later(account.standing.row, self._today, due))
			amount = sum((row.amount for row in bare), ZERO)
			found.append(self._uncovered(group[0].invoice, INVOICES, account, amount, due))
		waiting = [order for order in found if order.status in (WAITING, BLOCKED)]
		return waiting[0] if waiting else max(found, key=lambda order: order.shift, default=None)

	def _order_of_kept_back(self, sheet: str, name: str) -> Order | None:
		"""Return the order of a document that was kept back, moved or given up."""
		return self._pending[sheet].get(name) or self._given_up[sheet].get(name)

	def _book_invoice(self, group: list, account: Account, order: Order | None) -> None:
		first = group[0]
		invoice = self.ledger.invoice(first.invoice, account, order, self._day)
		# As late as it was, by its own terms: what was held up is due later, and changed terms move it on.
		later = self._later.get(first.invoice, (0, 0))[1] if self._later else 0
		if order is not None and order.shift:
			later += self._day - (self._now - order.shift) // SECONDS_A_DAY
		total = ZERO
		for row in group:
			due = row.due_date.toordinal() + later
			if due < self._day:
				due = self._day
			counts_from = row.counts_from.toordinal() if row.counts_from else due
			if row.delivery:
				delivery = self.ledger.deliveries.get(row.delivery)
				if delivery is not None:
					self.ledger.bill_or_return(delivery, row.amount)
			elif row.order or row.kind != JOURNAL:
				billed = self.ledger.orders.get(row.order or key_of(INVOICES, row.invoice))
				if billed is not None:
					self.ledger.take_off(billed, row.amount)
			self.ledger.add_item(invoice, due, counts_from, row.amount)
			total += row.amount
		if len(group) > 1:
			invoice.items.sort(key=lambda item: item.due)
		self.figures.invoiced(account, total)
		if order is not None and order.advance_asked:
			self._use_advance(invoice, order)
		if first.cancelled_on is not None:
			self._schedule(first.cancelled_on, CLOSING, self._cancel_invoice, invoice)

	def _use_advance(self, invoice: Invoice, order: Order) -> None:
		"""What the customer paid ahead because the policy asked for it pays the order's invoices."""
		used = min(order.advance_asked, order.prepaid, invoice.open)
		if used <= 0:
			return
		order.advance_asked -= used
		order.prepaid -= used
		invoice.advanced += used
		self._settle(invoice, used)

	def _settle(self, invoice: Invoice, amount: Decimal) -> Decimal:
		"""Set money against an invoice; returns how much it took."""
		taken = min(amount, invoice.open)
		self.figures.paid(invoice, self.ledger.settle(invoice, taken), self._day)
		if invoice.advanced and not invoice.open:
			self._paid_ahead[invoice.name] = invoice
		return taken

	def _cancel_invoice(self, invoice: Invoice) -> None:
		amount = invoice.open
		if not amount:
			return
		invoice.account.receivables -= amount
		self.ledger.settle(invoice, amount)
		self.figures.cancelled_invoice(invoice.account, amount)
		self._cause_may_be_gone(invoice.account.standing.gate)

	def _invoice_of(self, row, sheet: str, handler: Callable, moved: int) -> tuple[Invoice | None, bool]:
		"""Return the open invoice that a row names, and whether the row happens now at all."""
		invoice = self.ledger.invoices.get(row.invoice)
		if invoice is not None:
			order = invoice.order
			if order is not None and order.shift and not moved & HELD_UP:
				self._schedule(self._now + order.shift, RANK[sheet], handler, row, HELD_UP)
				return None, False
			return invoice, True
		order = self._order_of_kept_back(INVOICES, row.invoice)
		if order is None:
			return None, True
		if order.status == GIVEN_UP:
			self._never(order, sheet, row)
		elif order.status in (WAITING, BLOCKED):
			self._defer(order, sheet, handler, row, moved)
		else:
			# Its invoice is on its way: as much later as the order was held up.
			later = self._now + (1 if moved & HELD_UP else order.shift)
			self._schedule(later, RANK[sheet], handler, row, HELD_UP)
		return None, False

	def _credit_note(self, row, moved: int) -> None:
		account = self.ledger.accounts[row.customer]
		if row.delivery:
			delivery = self.ledger.deliveries.get(row.delivery)
			if delivery is not None:
				self.ledger.bill_or_return(delivery, row.amount)
			else:
				self._return_of_kept_back(row, moved)
				return
			self._cause_may_be_gone(account.standing.gate)
			return
		taken = ZERO
		if row.invoice:
			invoice, happens = self._invoice_of(row, CREDIT_NOTES, self._credit_note, moved)
			if not happens:
				return
			taken = self.ledger.settle_up_to(invoice, row.amount)
		account.receivables -= row.amount
		account.credits += row.amount - taken
		self.figures.credited(account, row.amount)
		if row.cancelled_on is not None:
			self._schedule(row.cancelled_on, CLOSING, self._cancel_credit, row, taken)
		self._cause_may_be_gone(account.standing.gate)

	def _return_of_kept_back(self, row, moved: int) -> None:
		"""Goods came back of a delivery that was kept back, moved or given up (or is billed already)."""
		order = self._order_of_kept_back(DELIVERIES, row.delivery)
		if order is None or order.status == GIVEN_UP:
			return
		if order.status in (WAITING, BLOCKED):
			self._defer(order, CREDIT_NOTES, self._credit_note, row, moved)
		elif not moved & HELD_UP:
			rank = RANK[CREDIT_NOTES]
			self._schedule(self._now + order.shift, rank, self._credit_note, row, HELD_UP)

	def _cancel_credit(self, row, taken: Decimal) -> None:
		account = self.ledger.accounts[row.customer]
		account.receivables += row.amount
		account.credits -= row.amount - taken
		invoice = self.ledger.invoices.get(row.invoice) if row.invoice else None
		if taken:
			back = self.ledger.reopen(invoice, taken) if invoice else ZERO
			account.credits -= taken - back
		self.figures.credited(account, -row.amount)

	# -------------------------------------------------------------- money
	def _payment(self, row, moved: int) -> None:
		if not moved and row.number in self._retimed:
			self._retimed.discard(row.number)
			return
		account = self.ledger.accounts[row.customer]
		if row.invoice:
			invoice, happens = self._invoice_of(row, PAYMENTS, self._payment, moved)
			if not happens:
				return
			self._pay(row, account, invoice)
		elif row.taken_from == ADVANCE or row.order:
			self._pay_order(row, account, moved)
		else:
			account.receivables -= row.amount
			account.credits += row.amount
			self.figures.received(account, row.amount)
			if row.cancelled_on is not None:
				self._schedule(row.cancelled_on, CLOSING, self._cancel_payment, row, None, ZERO)
		self._cause_may_be_gone(account.standing.gate)

	def _pay(self, row, account: Account, invoice: Invoice | None) -> None:
		amount = row.amount
		if row.kind == WRITE_OFF:
			lost = self.ledger.settle_up_to(invoice, amount)
			if invoice is not None and invoice.order is not None and invoice.order.outcome is not None:
				invoice.order.outcome.written_off += lost
			account.receivables -= lost
			self.figures.written_off(account, lost, amount - lost)
			return
		taken = absorbed = ZERO
		if invoice is not None:
			taken = self._settle(invoice, amount)
		else:
			invoice = self._paid_ahead.get(row.invoice)
		if invoice is not None and amount > taken and invoice.advanced:
			# The customer has paid this ahead, as the policy asked.
			absorbed = min(amount - taken, invoice.advanced)
			invoice.advanced -= absorbed
			if not invoice.advanced:
				self._paid_ahead.pop(invoice.name, None)
			if not row.taken_from:
				self.figures.paid_ahead(absorbed)
		rest = amount - taken - absorbed
		if row.taken_from == ON_ACCOUNT:
			account.credits -= taken
		elif row.taken_from == ADVANCE:
			account.credits += rest
			self._take_advance(row, account, taken + rest)
		else:
			account.receivables -= taken + rest
			account.credits += rest
			self.figures.received(account, taken + rest)
		if row.cancelled_on is not None and not row.taken_from:
			self._schedule(row.cancelled_on, CLOSING, self._cancel_payment, row, invoice, taken)

	def _pay_order(self, row, account: Account, moved: int) -> None:
		"""An advance for an order: it is the order's, and no older item is paid by it."""
		order = self._account_order(row.order)
		account.receivables -= row.amount
		if order is not None and order.status != GIVEN_UP:
			order.prepaid += row.amount
		else:
			account.credits += row.amount
		self.figures.received(account, row.amount)
		if row.cancelled_on is not None:
			self._schedule(row.cancelled_on, CLOSING, self._cancel_advance, row)

	def _take_advance(self, row, account: Account, amount: Decimal) -> None:
		order = self.ledger.orders.get(row.order)
		used = min(amount, order.prepaid) if order is not None else ZERO
		if order is not None:
			order.prepaid -= used
			self.ledger.drop_if_done(order)
		account.credits -= amount - used

	def _cancel_payment(self, row, invoice: Invoice | None, taken: Decimal) -> None:
		account = self.ledger.accounts[row.customer]
		account.receivables += row.amount
		back = self.ledger.reopen(invoice, taken) if invoice is not None and taken else ZERO
		account.credits -= row.amount - back
		self.figures.received(account, -row.amount)

	def _cancel_advance(self, row) -> None:
		account = self.ledger.accounts[row.customer]
		account.receivables += row.amount
		order = self.ledger.orders.get(row.order)
		used = min(row.amount, order.prepaid) if order is not None else ZERO
		if order is not None:
			order.prepaid -= used
		account.credits -= row.amount - used
		self.figures.received(account, -row.amount)

	# -------------------------------------------------------------- disputes and plans
	def _dispute(self, row, moved: int) -> None:
		self._set_aside(row, DISPUTES, self._dispute, moved, "disputed", row.closed_on)

	def _plan(self, row, moved: int) -> None:
		self._set_aside(row, PLANS, self._plan, moved, "planned", row.ended_on)

	def _set_aside(
		self, row, sheet: str, handler: Callable, moved: int, what: str, until: int | None
	) -> None:
		invoice, happens = self._invoice_of(row, sheet, handler, moved)
		if not happens or invoice is None:
			return
		done = self.ledger.set_aside(invoice, row.amount, what)
		if until is not None:
			later = invoice.order.shift if invoice.order is not None else 0
			self._schedule(until + later, CLOSING, self._end_aside, invoice, done, what)
		self._cause_may_be_gone(invoice.account.standing.gate)

	def _end_aside(self, invoice: Invoice, done: Decimal, what: str) -> None:
		self.ledger.set_aside(invoice, -done, what)

	# -------------------------------------------------------------- the end
	def _count_what_is_to_come(self) -> None:
		"""Write down what of the past has neither happened in this world nor been given up: kept back, or after the end."""
		totals = self.figures.to_come
		rows = [(handler, arguments[0]) for _k, _s, handler, arguments in self._agenda if arguments]
		for order in self.ledger.orders.values():
			rows += [(handler, row) for _m, _r, handler, row in order.deferred or ()]
		for handler, row in rows:
			if handler == self._invoice:
				totals.invoiced += sum((line.amount for line in row), ZERO)
			elif handler == self._delivery:
				totals.delivered += row.amount
			elif handler in (self._credit_note, self._payment) and self._is_cancelled(row):
				continue
			elif handler == self._credit_note and not row.delivery:
				totals.credited += row.amount
			elif handler == self._payment and row.kind == WRITE_OFF:
				totals.written_off += row.amount
			elif handler == self._payment and not row.taken_from:
				totals.received += row.amount

	def close(self) -> None:
		"""Close the figures: what became of the held orders, and how the limits are used at the end."""
		late = self.assumptions.late_days
		for hold in self.figures.holds:
			came, hold.what_came = hold.what_came, None
			hold.shift = came.shift
			if came.fate is not None:
				hold.fate, hold.days_late = came.fate.word(late), came.fate.worst_days_late
				hold.effect = max(ZERO, came.fate.written_off - came.written_off) * (came.rate or ONE)
		self._count_what_is_to_come()
		self._close_limits()
		self.figures.order_as(self.past.figures)

	def _is_cancelled(self, row) -> bool:
		return row.cancelled_on is not None and row.cancelled_on < (self._day + 1) * SECONDS_A_DAY

	def _close_limits(self) -> None:
		"""Write down how the limits are used, by segment and customer (in the customer's currency)."""
		for account in self.ledger.accounts.values():
			standing = account.standing
			customer = self.figures.customer(account)
			customer.exposure = account.exposure
			customer.overdue, customer.rating = account.overdue, standing.rating
			if standing.profile is None:
				continue
			limit = standing.profile.granted_limit(self._today)
			customer.segment, customer.limit, customer.unlimited = (
				standing.row.segment,
				limit.ceiling,
				limit.is_unlimited,
			)
			segment = self.figures.segment(standing.row.segment)
			segment.customers += 1
			if limit.is_unlimited:
				segment.unlimited += 1
				continue
			net, _owed = self.judging.net_of_own_security(account, customer.exposure, ZERO)
			net = max(ZERO, net)
			rate = account.rate or ONE
			segment.limit += limit.ceiling * rate
			segment.used += min(net, limit.ceiling) * rate
			segment.unused += max(ZERO, limit.ceiling - net) * rate
			segment.over += max(ZERO, net - limit.ceiling) * rate
