"""Who sees which of our documents, and which of them nobody writes by hand.

Sellers see the documents of their own portfolio: the customers whose account manager they (or somebody they lead)
are, or on whose sales team they stand; and what is held on an order that is theirs. Everybody else who has a right
to read by role sees everything, within User Permissions, which Frappe applies itself.

The query conditions and the checks of a single document stand side by side and must say the same.
"""

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.query_builder import Criterion
from frappe.query_builder.terms import NamedParameterWrapper
from pypika.queries import QueryBuilder
from pypika.terms import ExistsCriterion

from b2b_contracts.exceptions import WrittenByAppOnlyError

SELLER_ROLES = frozenset(("Account Manager", "Sales Manager", "Sales User"))
# Roles whose work needs every customer. Any of them lifts the seller's horizon.
FULL_VIEW_ROLES = frozenset(
	(
		"Accounts Manager",
		"Accounts User",
		"Auditor",
		"Board",
		"CFO",
		"Collector",
		"Compliance Officer",
		"Credit Auditor",
		"Credit Controller",
		"Credit Manager",
		"Finance Director",
		"System Manager",
	)
)
# Whose work needs everybody's commission. All others see their own, and that of whom they lead.
COMMISSION_ROLES = frozenset(
	("Accounts Manager", "Auditor", "CFO", "Credit Auditor", "Finance Director", "System Manager")
)
# User permissions that let somebody see some customers of a company and not others.
RESTRICTING = frozenset(("Customer", "Customer Group", "Territory"))
SELLING_DOCTYPES = ("Sales Order", "Delivery Note", "Sales Invoice")

# Documents about a customer, each with those of its tables that tell something. A Credit List Entry about no customer, and a
# security of a whole credit group, tell of others: they are in nobody's portfolio.
OF_CUSTOMER: dict[str, tuple[str, ...]] = {
	"Account Statement": (),
	"Approval Request": (),
	"Balance Confirmation": ("Balance Confirmation Amount", "Balance Confirmation Item"),
	"Board Link": (),
	"Collection Case": ("Collection Case Document", "Collection Case Item", "Collection Case Payment"),
	"Collection Task": ("Collection Contact", "Collection Task Item"),
	"Credit Decision": (),
	"Credit Hold": ("Credit Hold Reason",),
	"Credit List Entry": (),
	"Credit Profile": (),
	"Dispute": ("Dispute Invoice", "Dispute Progress"),
	"Dunning Charge": ("Dunning Charge Payment",),
	"Dunning Exclusion": (),
	"Dunning Log": (),
	"Dunning Notice": ("Dunning Notice Check", "Dunning Notice Item"),
	"Insolvency Case": (
		"Insolvency Claim Item",
		"Insolvency Claim Total",
		"Insolvency Goods",
		"Insolvency Security",
	),
	"Limit Request": (),
	"Limitation Warning": (),
	"Month Snapshot Customer": (),
	"Order Milestone Plan": ("Order Milestone",),
	"Payment Plan": ("Payment Plan Instalment", "Payment Plan Invoice"),
	"Payment Slip": ("Payment Slip Invoice",),
	"Promise to Pay": (),
	"Security Instrument": ("Security Instrument Document",),
	"Security Reminder": (),
}
# Documents of a contract, which has rules of its own: who answers for it, its type, and how confidential it is.
CONTRACT, CONTRACT_EVENT = "B2B Contract", "Contract Event"
# Who lets orders depart from contracts, and the reason of a hold that says so.
CONTRACT_MANAGER, CONTRACT_RULE = "Contract Manager", "Contract"
OF_CONTRACT: dict[str, tuple[str, ...]] = {
	CONTRACT: (
		*(
			"Contract Bonus",
			"Contract Compliance Item",
			"Contract Discount",
			"Contract Insurance Certificate",
		),
		*(
			"Contract Key Date",
			"Contract Meeting",
			"Contract Milestone",
			"Contract Obligation",
			"Contract Party",
		),
		*("Contract Price", "Contract Risk", "Contract Service Level", "Contract Signatory"),
		"Contract Copy Recipient",
		"Contract Review",
		*("Contract Answer", "Contract Call-off", "Contract Clause Use"),
	),
	CONTRACT_EVENT: (),
	"Contract Copy": (),
	"Contract Document": (),
	"Contract Letter": (),
}
CONTRACT_OF = {row: document for document, rows in OF_CONTRACT.items() for row in rows}
# Whose work needs every contract, confidential ones too.
EVERY_CONTRACT_ROLES = frozenset(
	("Auditor", "CFO", "Contract Manager", "Credit Auditor", "Finance Director", "System Manager")
)
CONFIDENTIAL = "Confidential"
# Of a template, whoever does not write or audit them sees the approved version alone.
TEMPLATE, TEMPLATE_ROWS = "B2B Contract Template", ("Contract Template Clause", "Contract Template Question")
# As what a customer is covered by a contract with another one of its group: it is as good as theirs to read, not to write.
COVERED_PARTIES = ("Customer", "Group Company")
LOOKS = frozenset(("email", "export", "print", "read", "report", "select"))
# Who is no seller and works on the disputes of a team all the same (collections/disputes.py gives them to them).
TEAM_OF_ROLE = {"Stock Manager": "Logistics"}
PARENT_OF = {row: document for document, rows in OF_CUSTOMER.items() for row in rows}

# What hooks.py tells Frappe: by doctype, the function for lists and the one for a single document.
_HERE = "b2b_contracts.permissions."
QUERY_CONDITIONS = {
	**dict.fromkeys(OF_CUSTOMER, _HERE + "customer_conditions"),
	**dict.fromkeys(PARENT_OF, _HERE + "row_conditions"),
	**dict.fromkeys(OF_CONTRACT, _HERE + "contract_conditions"),
	**dict.fromkeys(CONTRACT_OF, _HERE + "contract_row_conditions"),
	"B2B Contract Template": _HERE + "template_conditions",
	"Commission Statement": _HERE + "commission_conditions",
	"Commission Statement Row": _HERE + "commission_row_conditions",
	**dict.fromkeys(TEMPLATE_ROWS, _HERE + "template_row_conditions"),
	"Credit Profile Change": _HERE + "profile_change_conditions",
	"File": "b2b_contracts.contracts.documents.every_file",
	**dict.fromkeys(
		("Month Snapshot", "Month Snapshot Figure", "Monthly Pack", "Monthly Pack Mail", "Policy Back-test"),
		_HERE + "every_customer_conditions",
	),
}
CHECKS = {
	**dict.fromkeys(OF_CUSTOMER, _HERE + "has_customer_permission"),
	**dict.fromkeys(OF_CONTRACT, _HERE + "has_contract_permission"),
	"B2B Contract Template": _HERE + "has_template_permission",
	"Commission Statement": _HERE + "has_commission_permission",
	"Credit Decision": _HERE + "has_decision_permission",
	"Credit Hold": _HERE + "has_hold_permission",
	"Credit List Entry": _HERE + "has_list_permission",
	"Dispute": _HERE + "has_dispute_permission",
	"File": "b2b_contracts.contracts.documents.may_name",
	**dict.fromkeys(
		("Month Snapshot", "Month Snapshot Figure", "Monthly Pack", "Policy Back-test"),
		_HERE + "has_every_customer_permission",
	),
	"Security Instrument": _HERE + "has_instrument_permission",
	"Security Reminder": _HERE + "has_instrument_permission",
}


# ------------------------------------------------------------------ whose portfolio
def sees_everything(user: str | None = None) -> bool:
	"""Return whether a user's roles let them see the credit documents of every customer."""
	user = user or frappe.session.user
	return user == "Administrator" or not FULL_VIEW_ROLES.isdisjoint(frappe.get_roles(user))


def sees_every_customer(user: str | None = None) -> bool:
	"""Return whether neither a user's roles nor their user permissions keep a customer from them."""
	user = user or frappe.session.user
	if user == "Administrator":
		return True
	return sees_everything(user) and RESTRICTING.isdisjoint(frappe.permissions.get_user_permissions(user))


def sales_persons_of(user: str) -> list[str]:
	"""Return the Sales Persons of a user (through their Employee) and all below them in the sales tree."""
	person = frappe.qb.DocType("Sales Person")
	leader = frappe.qb.DocType("Sales Person").as_("leader")
	employee = frappe.qb.DocType("Employee")
	rows = (
		frappe.qb.from_(employee)
		.join(leader)
		.on(leader.employee == employee.name)
		.join(person)
		.on((person.lft >= leader.lft) & (person.rgt <= leader.rgt))
		.where(employee.user_id == user)
		.select(person.name)
		.distinct()
		.run()
	)
	return sorted(name for (name,) in rows)


def _users_led_by(user: str, sales_persons: list[str]) -> list[str]:
	"""Return the user and the users of the sales persons below."""
	if not sales_persons:
		return [user]
	person = frappe.qb.DocType("Sales Person")
	employee = frappe.qb.DocType("Employee")
	rows = (
		frappe.qb.from_(person)
		.join(employee)
		.on(person.employee == employee.name)
		.where(person.name.isin(sales_persons) & employee.user_id.isnotnull() & (employee.user_id != ""))
		.select(employee.user_id)
		.run()
	)
	return sorted({user, *(led for (led,) in rows)})


def portfolio(user: str) -> QueryBuilder:
	"""Return a query of the names of the customers that a seller looks after."""
	sales_persons = sales_persons_of(user)
	customer = frappe.qb.DocType("Customer")
	mine = customer.account_manager.isin(_users_led_by(user, sales_persons))
	if sales_persons:
		team = frappe.qb.DocType("Sales Team")
		mine = mine | customer.name.isin(
			frappe.qb.from_(team)
			.where((team.parenttype == "Customer") & team.sales_person.isin(sales_persons))
			.select(team.parent)
		)
	return frappe.qb.from_(customer).where(mine).select(customer.name)


def is_in_portfolio(customer: str, user: str | None = None) -> bool:
	"""Return whether a user may see what concerns a customer: by role, or because they look after them."""
	user = user or frappe.session.user
	if sees_everything(user):
		return True
	if not customer or SELLER_ROLES.isdisjoint(frappe.get_roles(user)):
		return False
	return bool(portfolio(user).where(frappe.qb.DocType("Customer").name == customer).limit(1).run())


def need_customer(customer: str) -> None:
	"""Refuse the session user who may not read a customer, and a seller whose portfolio it is not in."""
	frappe.has_permission("Customer", "read", customer, throw=True)
	if not is_in_portfolio(customer):
		frappe.throw(_("Customer {0} is not in your portfolio.").format(customer), frappe.PermissionError)


def customers_seen(user: str | None = None) -> list[str] | None:
	"""Return the customers that a user may see: by their roles, their portfolio and their User Permissions; None for every one."""
	user = user or frappe.session.user
	linked = {"Customer", *(field.options for field in frappe.get_meta("Customer").get_link_fields())}
	is_restricted = not linked.isdisjoint(frappe.permissions.get_user_permissions(user))
	if sees_everything(user) and not is_restricted:
		return None
	if SELLER_ROLES.isdisjoint(frappe.get_roles(user)) and not sees_everything(user):
		return []
	if not frappe.has_permission("Customer", "read", user=user):
		return _customers_named(user, linked)
	names = frappe.get_list("Customer", pluck="name", limit=0, user=user)
	if sees_everything(user):
		return names
	mine = set(portfolio(user).run(pluck=True))
	return [name for name in names if name in mine]


def customers_permitted(user: str | None = None) -> list[str] | None:
	"""Return the customers that User Permissions leave a user, None where they restrict none. Not what a portfolio says: what somebody
	has sold is theirs to see, whoever looks after the customer now."""
	user = user or frappe.session.user
	linked = {"Customer", *(field.options for field in frappe.get_meta("Customer").get_link_fields())}
	if linked.isdisjoint(frappe.permissions.get_user_permissions(user)):
		return None
	if not frappe.has_permission("Customer", "read", user=user):
		return []
	return frappe.get_list("Customer", pluck="name", limit=0, user=user)


def sales_persons_seen(user: str | None = None) -> list[str] | None:
	"""Return the Sales Persons whose commission a user may see, None for everybody's."""
	user = user or frappe.session.user
	allowed = {
		row.get("doc") for row in frappe.permissions.get_user_permissions(user).get("Sales Person", ())
	}
	if user == "Administrator" or not COMMISSION_ROLES.isdisjoint(frappe.get_roles(user)):
		return sorted(allowed) or None
	return [name for name in sales_persons_of(user) if not allowed or name in allowed]


def _customers_named(user: str, linked: set[str]) -> list[str]:
	"""Return the customers that User Permissions name for somebody whom no role lets read customers: those of a group or territory
	could not be told apart, so there are none."""
	restricting = linked.intersection(frappe.permissions.get_user_permissions(user))
	if not sees_everything(user) or restricting != {"Customer"}:
		return []
	return sorted({row.get("doc") for row in frappe.permissions.get_user_permissions(user)["Customer"]})


def companies_seen(user: str | None = None) -> list[str]:
	"""Return the companies of the site that a user's User Permissions leave them, by name."""
	allowed = _companies_allowed(user or frappe.session.user)
	names = frappe.get_all("Company", pluck="name", order_by="name")
	return names if allowed is None else [name for name in names if name in allowed]


def need_company(company: str) -> None:
	"""Refuse the session user whose User Permissions are for other companies."""
	allowed = _companies_allowed(frappe.session.user)
	if allowed is not None and company not in allowed:
		frappe.throw(_("You may not see company {0}.").format(company), frappe.PermissionError)


def _companies_allowed(user: str) -> set[str] | None:
	"""Return the companies that User Permissions name for a user, whatever the document, None where they name none."""
	rows = frappe.permissions.get_user_permissions(user).get("Company", ())
	allowed = {row.get("doc") for row in rows}
	return allowed or None


def sells(doctype: str | None, name: str | None, user: str) -> bool:
	"""Return whether a selling document is a user's own: they entered it, or stand (or lead) on its sales team."""
	if doctype not in SELLING_DOCTYPES or not name:
		return False
	if frappe.db.get_value(doctype, name, "owner") == user:
		return True
	sales_persons = sales_persons_of(user)
	return bool(sales_persons) and bool(
		frappe.db.exists(
			"Sales Team", {"parenttype": doctype, "parent": name, "sales_person": ("in", sales_persons)}
		)
	)


# ------------------------------------------------------------------ query conditions
def customer_conditions(user: str | None = None, doctype: str | None = None) -> str:
	"""Return the SQL condition of the documents of OF_CUSTOMER that a user may list; empty for all."""
	return _conditions(doctype, user)


def row_conditions(user: str | None = None, doctype: str | None = None) -> str:
	"""Return the SQL condition of rows of those documents, which can be listed without them; empty for all."""
	return _row_conditions(PARENT_OF[doctype], doctype, user)


def commission_conditions(user: str | None = None, doctype: str | None = None) -> str:
	"""Return the SQL condition of the commission statements that a user may list: their own, of whom they lead, or all."""
	persons = sales_persons_seen(user)
	if persons is None:
		return ""
	return _sql(frappe.qb.DocType("Commission Statement").sales_person.isin(persons or [""]))


def commission_row_conditions(user: str | None = None, doctype: str | None = None) -> str:
	"""Return the SQL condition of rows of commission statements, which can be listed without them; empty for all."""
	persons = sales_persons_seen(user)
	if persons is None:
		return ""
	statement = frappe.qb.DocType("Commission Statement")
	theirs = (
		frappe.qb.from_(statement).where(statement.sales_person.isin(persons or [""])).select(statement.name)
	)
	return _sql(frappe.qb.DocType("Commission Statement Row").parent.isin(theirs))


def profile_change_conditions(user: str | None = None, doctype: str | None = None) -> str:
	"""Return the SQL condition of the history of Credit Profiles: it is not for sellers, not even of their customers."""
	return "" if sees_everything(user) else "(1 = 0)"


def every_customer_conditions(user: str | None = None, doctype: str | None = None) -> str:
	"""Return the SQL condition of the back-tests and packs a user may list: each tells of every customer, so all or none."""
	return "" if sees_every_customer(user) else "(1 = 0)"


def contract_conditions(user: str | None = None, doctype: str | None = None) -> str:
	"""Return the SQL condition of the contracts (or their events) that a user may list; empty for all."""
	user = user or frappe.session.user
	if sees_every_contract(user):
		return ""
	if doctype == CONTRACT:
		return _sql(_contract_criterion(frappe.qb.DocType(CONTRACT), user))
	return _sql(frappe.qb.DocType(doctype).contract.isin(_contracts_of(user)))


def contract_row_conditions(user: str | None = None, doctype: str | None = None) -> str:
	"""Return the SQL condition of rows of contracts, which can be listed without them; empty for all."""
	user = user or frappe.session.user
	if sees_every_contract(user):
		return ""
	return _sql(frappe.qb.DocType(doctype).parent.isin(_contracts_of(user)))


def sees_every_contract(user: str) -> bool:
	"""Return whether a user's roles let them see every contract, whatever its type and confidentiality."""
	return user == "Administrator" or not EVERY_CONTRACT_ROLES.isdisjoint(frappe.get_roles(user))


def _contracts_of(user: str) -> QueryBuilder:
	table = frappe.qb.DocType(CONTRACT)
	return frappe.qb.from_(table).where(_contract_criterion(table, user)).select(table.name)


def _contract_criterion(table, user: str) -> Criterion:
	"""The contracts that somebody answers for, entered or reviews, and those of their customers that are open to them."""
	mine = (table.contract_owner == user) | (table.account_manager == user) | (table.owner == user)
	mine = mine | table.name.isin(_reviewed_by(user))
	is_open = (table.confidentiality != CONFIDENTIAL) & table.contract_type.notin(_types_kept_from(user))
	if not sees_everything(user):
		theirs = table.customer.isin(portfolio(user)) | table.name.isin(covering(portfolio(user)))
		is_open = is_open & theirs
	return mine | is_open


def _reviewed_by(user: str) -> QueryBuilder:
	"""Return a query of the contracts that a user was asked to review."""
	review = frappe.qb.DocType("Contract Review")
	return (
		frappe.qb.from_(review)
		.where((review.parenttype == CONTRACT) & (review.reviewer == user))
		.select(review.parent)
	)


def covering(customers: QueryBuilder | list[str]) -> QueryBuilder:
	"""Return a query of the contracts that name one of some customers as a party that they cover."""
	party = frappe.qb.DocType("Contract Party")
	return (
		frappe.qb.from_(party)
		.where((party.parenttype == CONTRACT) & party.party_role.isin(COVERED_PARTIES))
		.where(party.customer.isin(customers))
		.select(party.parent)
	)


def template_conditions(user: str | None = None, doctype: str | None = None) -> str:
	"""Return the SQL condition of the contract templates that a user may list; empty for all versions."""
	user = user or frappe.session.user
	return "" if sees_every_contract(user) else _sql(_template_criterion(frappe.qb.DocType(TEMPLATE), user))


def template_row_conditions(user: str | None = None, doctype: str | None = None) -> str:
	"""Return the SQL condition of rows of templates, which can be listed without them; empty for all."""
	user = user or frappe.session.user
	if sees_every_contract(user):
		return ""
	table = frappe.qb.DocType(TEMPLATE)
	allowed = frappe.qb.from_(table).where(_template_criterion(table, user)).select(table.name)
	return _sql(frappe.qb.DocType(doctype).parent.isin(allowed))


def _template_criterion(table, user: str) -> Criterion:
	"""The newest approved terms, of the types that are not kept from somebody."""
	return (table.status == "Approved") & table.contract_type.notin(_types_kept_from(user))


def _types_kept_from(user: str) -> QueryBuilder:
	kind = frappe.qb.DocType("Contract Type")
	return (
		frappe.qb.from_(kind)
		.where(kind.visible_to_role.isnotnull() & (kind.visible_to_role != ""))
		.where(kind.visible_to_role.notin(frappe.get_roles(user)))
		.select(kind.name)
	)


def _row_conditions(parent: str, doctype: str, user: str | None) -> str:
	user = user or frappe.session.user
	if sees_everything(user):
		return ""
	table = frappe.qb.DocType(parent)
	allowed = frappe.qb.from_(table).where(_criterion(parent, user)).select(table.name)
	return _sql(frappe.qb.DocType(doctype).parent.isin(allowed))


def _conditions(doctype: str, user: str | None) -> str:
	user = user or frappe.session.user
	if sees_everything(user):
		return ""
	return _sql(_criterion(doctype, user))


def _sql(criterion: Criterion) -> str:
	"""Return a criterion as SQL text with its values escaped by the database.

	The query builder alone doubles quotes and leaves backslashes, which MariaDB reads as escapes.
	"""
	values = NamedParameterWrapper()
	sql = criterion.get_sql(quote_char="`", with_namespace=True, subquery=True, param_wrapper=values)
	escaped = {key: frappe.db.escape(value, percent=False) for key, value in values.get_parameters().items()}
	return f"({sql % escaped})"


def _criterion(doctype: str, user: str) -> Criterion:
	"""What of a doctype belongs to a seller."""
	table = frappe.qb.DocType(doctype)
	belongs = [table.customer.isin(portfolio(user))]
	if doctype == "Credit Hold":
		belongs += [table.salesperson == user, *_contract_holds(table, user)]
	if doctype == "Dispute":
		belongs += [table.assigned_to == user, table.owner_team.isin(_teams_of(user) or [""])]
	if doctype in ("Credit Decision", "Credit Hold"):
		belongs += _own_documents(table, user)
	return Criterion.any(belongs)


def _contract_holds(table, user: str) -> list[Criterion]:
	"""The holds of orders that depart from a contract that somebody answers for: its owner, and every contract manager."""
	contract = frappe.qb.DocType(CONTRACT)
	owned = frappe.qb.from_(contract).where(contract.contract_owner == user).select(contract.name)
	found: list[Criterion] = [table.contract.isin(owned)]
	if CONTRACT_MANAGER in frappe.get_roles(user):
		reason = frappe.qb.DocType("Credit Hold Reason")
		found.append(
			ExistsCriterion(
				frappe.qb.from_(reason)
				.where((reason.parent == table.name) & (reason.rule == CONTRACT_RULE))
				.select(reason.name)
			)
		)
	return found


def _teams_of(user: str) -> list[str]:
	roles = frappe.get_roles(user)
	return [team for role, team in TEAM_OF_ROLE.items() if role in roles]


def _own_documents(table, user: str) -> list[Criterion]:
	"""The documents that a hold or decision is about, as far as the user entered them or stands on their team."""
	conditions = []
	sales_persons = sales_persons_of(user)
	for doctype in SELLING_DOCTYPES:
		document = frappe.qb.DocType(doctype)
		own = ExistsCriterion(
			frappe.qb.from_(document)
			.where((document.name == table.reference_name) & (document.owner == user))
			.select(document.name)
		)
		conditions.append((table.reference_doctype == doctype) & own)
	if sales_persons:
		team = frappe.qb.DocType("Sales Team")
		conditions.append(
			ExistsCriterion(
				frappe.qb.from_(team)
				.where(
					(team.parent == table.reference_name)
					& (team.parenttype == table.reference_doctype)
					& team.sales_person.isin(sales_persons)
				)
				.select(team.name)
			)
		)
	return conditions


# ------------------------------------------------------------------ one document
def has_customer_permission(doc: Document, ptype: str | None = None, user: str | None = None) -> bool | None:
	"""Deny a document of OF_CUSTOMER outside a seller's portfolio; else leave it to the roles."""
	return None if not doc.customer or is_in_portfolio(doc.customer, user) else False


def has_contract_permission(doc: Document, ptype: str | None = None, user: str | None = None) -> bool | None:
	"""Deny a contract (or an event of one) to whom its customer, its type or its confidentiality keeps it from, unless they
	answer for it, entered it, or look at it as its reviewer."""
	user = user or frappe.session.user
	if sees_every_contract(user):
		return None
	fields = ("customer", "contract_type", "confidentiality", "contract_owner", "account_manager", "owner")
	if doc.doctype == CONTRACT:
		contract = doc
	else:
		contract = frappe.db.get_value(CONTRACT, doc.contract, fields, as_dict=True)
	if not contract:
		return False
	if user in (contract.contract_owner, contract.account_manager, contract.owner):
		return None
	name = doc.name if doc.doctype == CONTRACT else doc.contract
	if (ptype or "read") in LOOKS and _reviews(name, user):
		return None
	role = contract.contract_type and frappe.db.get_value(
		"Contract Type", contract.contract_type, "visible_to_role"
	)
	if contract.confidentiality == CONFIDENTIAL or (role and role not in frappe.get_roles(user)):
		return False
	if not contract.customer or is_in_portfolio(contract.customer, user):
		return None
	return None if (ptype or "read") in LOOKS and _covers_some_of(name, user) else False


def _reviews(contract: str | None, user: str) -> bool:
	"""Whether a user was asked to review a contract."""
	parent = frappe.qb.DocType("Contract Review").parent
	return bool(contract) and bool(_reviewed_by(user).where(parent == contract).limit(1).run())


def _covers_some_of(contract: str, user: str) -> bool:
	"""Whether a contract names a customer of a seller's portfolio as a party that it covers."""
	if SELLER_ROLES.isdisjoint(frappe.get_roles(user)):
		return False
	parent = frappe.qb.DocType("Contract Party").parent
	return bool(covering(portfolio(user)).where(parent == contract).limit(1).run())


def has_template_permission(doc: Document, ptype: str | None = None, user: str | None = None) -> bool | None:
	"""Deny a version of a template that is not the approved one, and one of a type that is kept from somebody, to whoever
	neither writes nor audits them."""
	user = user or frappe.session.user
	if sees_every_contract(user):
		return None
	role = doc.contract_type and frappe.db.get_value("Contract Type", doc.contract_type, "visible_to_role")
	is_kept = bool(role) and role not in frappe.get_roles(user)
	return None if doc.status == "Approved" and not is_kept else False


def has_dispute_permission(doc: Document, ptype: str | None = None, user: str | None = None) -> bool | None:
	"""Deny a Dispute outside a seller's portfolio, unless it is given to them or their team works on it."""
	user = user or frappe.session.user
	if doc.assigned_to == user or doc.owner_team in _teams_of(user):
		return None
	return has_customer_permission(doc, ptype, user)


def has_list_permission(doc: Document, ptype: str | None = None, user: str | None = None) -> bool | None:
	"""Deny a Credit List Entry outside a seller's portfolio, in which only customers are."""
	return None if is_in_portfolio(doc.customer, user) else False


def has_instrument_permission(
	doc: Document, ptype: str | None = None, user: str | None = None
) -> bool | None:
	"""Deny a Security Instrument outside a seller's portfolio, and what covers a whole credit group."""
	if doc.customer:
		return has_customer_permission(doc, ptype, user)
	return None if sees_everything(user) else False


def has_commission_permission(
	doc: Document, ptype: str | None = None, user: str | None = None
) -> bool | None:
	"""Deny a commission statement of somebody whom a user neither is nor leads."""
	persons = sales_persons_seen(user)
	return None if persons is None or doc.sales_person in persons else False


def has_every_customer_permission(
	doc: Document, ptype: str | None = None, user: str | None = None
) -> bool | None:
	"""Deny a back-test or a pack to whom some customer is kept from."""
	return None if sees_every_customer(user) else False


def has_hold_permission(doc: Document, ptype: str | None = None, user: str | None = None) -> bool | None:
	"""Deny a Credit Hold that is neither of a seller's portfolio nor on an order of theirs, nor of one that departs from a contract
	that they answer for."""
	user = user or frappe.session.user
	if doc.salesperson == user or _answers_for_contract(doc, user):
		return None
	return has_decision_permission(doc, ptype, user)


def _answers_for_contract(hold: Document, user: str) -> bool:
	if CONTRACT_MANAGER in frappe.get_roles(user) and any(row.rule == CONTRACT_RULE for row in hold.reasons):
		return True
	return bool(hold.contract) and frappe.db.get_value(CONTRACT, hold.contract, "contract_owner") == user


def has_decision_permission(doc: Document, ptype: str | None = None, user: str | None = None) -> bool | None:
	"""Deny a Credit Decision that is neither of a seller's portfolio nor about an order of theirs."""
	user = user or frappe.session.user
	if is_in_portfolio(doc.customer, user) or sells(doc.reference_doctype, doc.reference_name, user):
		return None
	return False


# ------------------------------------------------------------------ written by the app only
def refuse_by_hand(doc: Document) -> None:
	"""Refuse a write that does not come from one of our use cases, which set `flags.credit_service`.

	Frappe takes no flags from a client, so neither desk, REST, bulk edit nor import can set it.
	"""
	if not doc.flags.credit_service:
		frappe.throw(
			_(
				"{0} is written by the credit checks only. Use the actions on the order, the hold or the credit profile instead."
			).format(_(doc.doctype)),
			WrittenByAppOnlyError,
			title=_("Not by hand"),
		)
