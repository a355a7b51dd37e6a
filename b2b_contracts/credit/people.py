"""Who sells, and who works the hold queue."""

from collections.abc import Iterable

import frappe
from frappe.query_builder import Order

from b2b_contracts.engine.approval import ROLE_RANK


def salesperson_of(subject) -> str | None:
	"""Return the user who sells on a document: its sales team, the account manager, else whoever entered it.

	None when none of them is a person with a desk: then the credit controllers are told alone.
	"""
	team, person, employee = (frappe.qb.DocType(d) for d in ("Sales Team", "Sales Person", "Employee"))
	users = (
		frappe.qb.from_(team)
		.join(person)
		.on(person.name == team.sales_person)
		.join(employee)
		.on(employee.name == person.employee)
		.select(employee.user_id)
		.where((team.parent == subject.name) & (team.parenttype == subject.doctype))
		.orderby(team.idx)
		.run(pluck=True)
	)
	owner = frappe.db.get_value(subject.doctype, subject.name, "owner") or frappe.session.user
	manager = frappe.db.get_value("Customer", subject.customer, "account_manager")
	return next((user for user in (*users, manager, owner) if user and is_desk_user(user)), None)


def sellers_of(doctype: str, name: str) -> set[str]:
	"""Return who entered a document and who stands on its sales team: they may not approve anything about it."""
	persons = frappe.get_all(
		"Sales Team", filters={"parenttype": doctype, "parent": name}, pluck="sales_person"
	)
	owner = frappe.db.get_value(doctype, name, "owner")
	return {user for user in (owner, *users_of_sales_persons(persons)) if user}


def users_of_sales_persons(persons: list[str]) -> list[str]:
	"""Return the users of some Sales Persons, through their Employees."""
	if not persons:
		return []
	person, employee = frappe.qb.DocType("Sales Person"), frappe.qb.DocType("Employee")
	return list(
		frappe.qb.from_(person)
		.join(employee)
		.on(employee.name == person.employee)
		.select(employee.user_id)
		.where(person.name.isin(persons))
		.run(pluck=True)
	)


def is_desk_user(user: str) -> bool:
	"""Whether a user is a person who works at the desk."""
	if user in ("Administrator", "Guest"):
		return False
	found = frappe.db.get_value("User", user, ["enabled", "user_type"])
	return bool(found) and bool(found[0]) and found[1] == "System User"


def controllers(role: str | None = None) -> list[str]:
	"""Return the users who work the hold queue: those who may release, the lowest such role first."""
	roles = ROLE_RANK[ROLE_RANK.index("Credit Controller") :]
	for wanted in [role, *roles] if role else roles:
		users = users_with(wanted)
		if users:
			return users
	return []


def by_language(users: list[str]) -> dict[str, list[str]]:
	"""Return users by the language that they read, "" for those of the site's."""
	rows = frappe.get_all("User", filters={"name": ["in", users or [""]]}, fields=["name", "language"])
	language_of = {row.name: row.language for row in rows}
	found: dict[str, list[str]] = {}
	for user in users:
		found.setdefault(language_of.get(user) or "", []).append(user)
	return found


def leaders_of(user: str | None) -> list[str]:
	"""Return the user whom an employee reports to, else who leads them in the sales tree; nobody when neither is known."""
	employee, leader = frappe.qb.DocType("Employee"), frappe.qb.DocType("Employee").as_("leader")
	rows = (
		frappe.qb.from_(employee)
		.join(leader)
		.on(leader.name == employee.reports_to)
		.select(leader.user_id)
		.where(employee.user_id == (user or ""))
		.run(pluck=True)
	)
	return [leader for leader in rows if leader] or _leaders_in_sales_tree(user)


def _leaders_in_sales_tree(user: str | None) -> list[str]:
	"""Return the nearest person above a user in the sales tree who has a desk."""
	person, leader = frappe.qb.DocType("Sales Person"), frappe.qb.DocType("Sales Person").as_("leader")
	employee, above = frappe.qb.DocType("Employee"), frappe.qb.DocType("Employee").as_("above")
	rows = (
		frappe.qb.from_(person)
		.join(employee)
		.on(employee.name == person.employee)
		.join(leader)
		.on((leader.lft < person.lft) & (leader.rgt > person.rgt))
		.join(above)
		.on(above.name == leader.employee)
		.select(above.user_id)
		.where(employee.user_id == (user or ""))
		.orderby(leader.lft, order=Order.desc)
		.run(pluck=True)
	)
	return [found for found in rows if found and is_desk_user(found)][:1]


def users_with(role: str) -> list[str]:
	"""Return the enabled users that have a role, by name."""
	has_role, user = frappe.qb.DocType("Has Role"), frappe.qb.DocType("User")
	rows = (
		frappe.qb.from_(has_role)
		.join(user)
		.on(user.name == has_role.parent)
		.select(user.name)
		.distinct()
		.where((has_role.role == role) & (has_role.parenttype == "User") & (user.enabled == 1))
		.where(user.name.notin(("Administrator", "Guest")))
		.orderby(user.name)
		.run(pluck=True)
	)
	return list(rows)


def full_names(users: Iterable[str]) -> dict[str, str]:
	"""Return what people are called, by user."""
	rows = frappe.get_all(
		"User", filters={"name": ["in", [*users, ""]]}, fields=["name", "full_name"], as_list=True
	)
	return {user: full_name or user for user, full_name in rows}
