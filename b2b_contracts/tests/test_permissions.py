"""Who sees and who writes which of our documents, asked the way a client asks."""

import frappe
from frappe import client

from b2b_contracts import collection_cases_api, worklist_api
from b2b_contracts.exceptions import EvidenceError, WrittenByAppOnlyError
from b2b_contracts.setup import core_permissions
from b2b_contracts.tests.factories import (
	active_policy,
	as_user,
	make_customer,
	make_group,
	make_order,
	make_overdue_invoice,
	make_payment,
	make_policy,
	make_profile,
	make_security,
	make_user,
	policy_off,
)
from b2b_contracts.tests.scaffold import (
	COMPANY,
	SECOND_COMPANY,
	SiteTestCase,
	email_of,
	ensure_second_company,
)

READ, WRITE, CREATE, DELETE, SUBMIT, CANCEL = "read", "write", "create", "delete", "submit", "cancel"
RIGHTS = (READ, WRITE, CREATE, DELETE, SUBMIT, CANCEL)
SELLERS = ("Account Manager", "Sales User", "Sales Manager")
READERS = ("Accounts User", "Accounts Manager", "Auditor")
DECIDERS = ("Credit Manager", "Finance Director", "CFO", "System Manager")
OTHERS = ("Contract Manager", "Compliance Officer", "Stock User")

# doctype → role → letters of RIGHTS: r(ead) w(rite) c(reate) d(elete) s(ubmit) x (cancel)
MATRIX = {
	# Frappe asks for the right to submit of whoever keeps up a submitted document. The contract lets nobody submit it by hand.
	"B2B Contract": {
		**dict.fromkeys(("System Manager", "Contract Manager", "Account Manager", "Sales Manager"), "rwcs"),
		"Compliance Officer": "rws",
		**dict.fromkeys(("CFO", "Finance Director", "Credit Manager", "Credit Controller", "Collector"), "r"),
		**dict.fromkeys(("Credit Auditor", "Board", "Sales User", *READERS), "r"),
	},
	**dict.fromkeys(
		("Contract Copy", "Contract Document", "Contract Letter"),
		dict.fromkeys(
			(
				*(*DECIDERS, "Contract Manager", "Compliance Officer", "Credit Controller", "Collector"),
				*("Credit Auditor", "Board", *SELLERS, *READERS),
			),
			"r",
		),
	),
	"Commission Plan": {
		**dict.fromkeys(("System Manager", "CFO", "Finance Director"), "rwcd"),
		**dict.fromkeys(("Accounts Manager", "Auditor", "Credit Auditor", *SELLERS), "r"),
	},
	"Commission Statement": {
		**dict.fromkeys(("System Manager", "CFO", "Finance Director"), "rwcds"),
		"Accounts Manager": "rwcd",
		**dict.fromkeys(("Auditor", "Credit Auditor", *SELLERS), "r"),
	},
	"Contract Import": {
		**dict.fromkeys(("System Manager", "Contract Manager", "CFO", "Finance Director"), "rwcd"),
		"Credit Auditor": "r",
	},
	# Sellers make contracts from templates, of which Frappe shows them the approved version alone. Clauses with all their fallbacks
	# are for whoever negotiates.
	**{
		doctype: {
			**dict.fromkeys(("System Manager", "Contract Manager"), "rwcd"),
			**dict.fromkeys(("CFO", "Finance Director", "Credit Manager", "Compliance Officer"), "r"),
			**dict.fromkeys(("Credit Auditor", "Auditor", "Account Manager", "Sales Manager", *more), "r"),
		}
		for doctype, more in (("B2B Contract Template", ("Sales User",)), ("Contract Clause", ()))
	},
	# It says what contracts say: the search asks who may see those.
	"Contract Search Text": {},
	"Contract Search View": {"System Manager": "rd"},
	"Contract Event": dict.fromkeys(
		(
			*(*DECIDERS, "Contract Manager", "Compliance Officer", "Credit Controller", "Collector"),
			*("Credit Auditor", "Board", *SELLERS, *READERS),
		),
		"r",
	),
	"Contract Type": {
		**dict.fromkeys(
			(
				*("CFO", "Finance Director", "Credit Manager", "Credit Controller", "Collector"),
				*("Compliance Officer", "Credit Auditor", "Board", *SELLERS, *READERS),
			),
			"r",
		),
		**dict.fromkeys(("System Manager", "Contract Manager"), "rwcd"),
	},
	# As many as formulas: nobody makes one or deletes it. Sellers see their figures with its limits.
	"Credit KPI": {
		**dict.fromkeys(("System Manager", "CFO", "Finance Director", "Credit Manager"), "rw"),
		**dict.fromkeys(
			(
				"Credit Controller",
				"Collector",
				"Credit Auditor",
				"Board",
				"Contract Manager",
				*SELLERS,
				*READERS,
			),
			"r",
		),
	},
	**dict.fromkeys(
		("Month Snapshot", "Month Snapshot Customer", "Month Snapshot Figure"),
		dict.fromkeys(
			(*DECIDERS, "Credit Controller", "Collector", "Credit Auditor", "Board", *READERS), "r"
		),
	),
	"Credit Policy": {
		"CFO": "rwc",
		"Finance Director": "rwc",
		"System Manager": "rwc",
		**dict.fromkeys(
			("Credit Manager", "Credit Controller", "Collector", "Credit Auditor", "Board", *READERS), "r"
		),
	},
	"Credit Policy Version": dict.fromkeys(
		(*DECIDERS, "Credit Controller", "Credit Auditor", "Board", *READERS), "r"
	),
	"Credit Segment": {
		"CFO": "rwcd",
		"System Manager": "rwcd",
		"Finance Director": "rwc",
		"Credit Manager": "rwc",
		**dict.fromkeys(
			(
				"Credit Controller",
				"Collector",
				"Credit Auditor",
				"Board",
				"Contract Manager",
				*SELLERS,
				*READERS,
			),
			"r",
		),
	},
	"Credit Group": {
		"System Manager": "rwcd",
		"Credit Manager": "rwcd",
		"CFO": "rwc",
		"Finance Director": "rwc",
		**dict.fromkeys(("Credit Controller", "Collector", "Credit Auditor", "Board", *READERS), "r"),
	},
	"Credit Profile": {
		**dict.fromkeys(DECIDERS, "rwcd"),
		"Credit Controller": "rwc",
		**dict.fromkeys(("Collector", "Credit Auditor", "Board", *SELLERS, *READERS), "r"),
	},
	"Security Instrument": {
		**dict.fromkeys(DECIDERS, "rwcdsx"),
		"Credit Controller": "rwcs",
		**dict.fromkeys(("Collector", "Credit Auditor", "Board", *SELLERS, *READERS), "r"),
	},
	"Security Reminder": dict.fromkeys(
		(*DECIDERS, "Credit Controller", "Collector", "Credit Auditor", "Board", *SELLERS, *READERS), "r"
	),
	"Security Type": {
		**dict.fromkeys(DECIDERS, "rwcd"),
		**dict.fromkeys(
			("Credit Controller", "Collector", "Credit Auditor", "Board", *SELLERS, *READERS), "r"
		),
	},
	# Not sellers: a policy tells of every insured customer, a duty of what is wrong with one.
	"Insurance Policy": {
		**dict.fromkeys(DECIDERS, "rwcd"),
		**dict.fromkeys(("Credit Controller", "Collector", "Credit Auditor", "Board", *READERS), "r"),
	},
	"Insurer Duty": {
		**dict.fromkeys((*DECIDERS, "Credit Controller", "Collector"), "rw"),
		**dict.fromkeys(("Credit Auditor", "Board", *READERS), "r"),
	},
	"Credit Hold": dict.fromkeys(
		(
			*(*DECIDERS, "Credit Controller", "Collector", "Credit Auditor", "Board"),
			# Contract managers: of what departs from a contract.
			*("Compliance Officer", "Contract Manager", *SELLERS, *READERS),
		),
		"r",
	),
	# Not sellers: a decision links the documents of a whole group. They read reasons and ways out on the hold.
	"Credit Decision": dict.fromkeys(
		(
			*(*DECIDERS, "Credit Controller", "Collector", "Credit Auditor", "Board"),
			*("Compliance Officer", *READERS),
		),
		"r",
	),
	# Nobody who may pass it on to the customer: neither sellers nor credit roles.
	"Sanctions List": {"Compliance Officer": "rwc", "Credit Auditor": "r", "System Manager": "r"},
	"Sanctions List Entry": {"Compliance Officer": "rwc", "Credit Auditor": "r", "System Manager": "r"},
	"Screening Match": dict.fromkeys(("Compliance Officer", "Credit Auditor", "System Manager"), "r"),
	"Credit Gate": dict.fromkeys(("System Manager", "Credit Auditor"), "r"),
	"Credit Deputy": {
		**dict.fromkeys((*DECIDERS, "Credit Controller", "Sales Manager", "Account Manager"), "rwc"),
		**dict.fromkeys(("Credit Auditor", "Board"), "r"),
	},
	"Dispute": {
		**dict.fromkeys(DECIDERS, "rwcdsx"),
		**dict.fromkeys(("Credit Controller", "Collector", "Accounts Manager"), "rwcsx"),
		**dict.fromkeys(("Accounts User", *SELLERS), "rwc"),
		**dict.fromkeys(("Contract Manager", "Credit Auditor", "Board", "Auditor"), "r"),
	},
	"Dunning Flow": {
		**dict.fromkeys(DECIDERS, "rwc"),
		"System Manager": "rwcd",
		**dict.fromkeys(("Credit Controller", "Collector", "Credit Auditor", *READERS), "r"),
	},
	"Dunning Template": {
		**dict.fromkeys(DECIDERS, "rwc"),
		"System Manager": "rwcd",
		**dict.fromkeys(("Credit Controller", "Collector", "Credit Auditor", *READERS), "r"),
	},
	"Dunning Exclusion": {
		**dict.fromkeys((*DECIDERS, "Credit Controller", "Collector"), "rwc"),
		**dict.fromkeys(("Credit Auditor", "Board", *SELLERS, *READERS), "r"),
	},
	# A collector leaves out of a run what should not go; sending it is the controller's.
	"Dunning Run": {
		**dict.fromkeys((*DECIDERS, "Credit Controller"), "rwc"),
		**dict.fromkeys(("Collector", "Credit Auditor", "Board", *READERS), "r"),
	},
	"Dunning Notice": {
		**dict.fromkeys((*DECIDERS, "Credit Controller", "Collector"), "rw"),
		**dict.fromkeys(("Credit Auditor", "Board", *SELLERS, *READERS), "r"),
	},
	"Dunning Log": dict.fromkeys(
		(*DECIDERS, "Credit Controller", "Collector", "Credit Auditor", "Board", *SELLERS, *READERS), "r"
	),
	"Dunning Charge": dict.fromkeys(
		(*DECIDERS, "Credit Controller", "Collector", "Credit Auditor", "Board", *SELLERS, *READERS), "r"
	),
	"Payment Plan": {
		**dict.fromkeys(DECIDERS, "rwcdsx"),
		**dict.fromkeys(("Credit Controller", "Collector"), "rwcs"),
		**dict.fromkeys(("Credit Auditor", "Board", *SELLERS, *READERS), "r"),
	},
	"Credit List Entry": {
		# Frappe shows a form that one may create and not write as one to read. What an entry says cannot be changed.
		**dict.fromkeys((*DECIDERS, "Credit Controller"), "rwc"),
		**dict.fromkeys(("Collector", "Credit Auditor", "Board", *SELLERS, *READERS), "r"),
	},
	"Take-over Import": {**dict.fromkeys(DECIDERS, "rwcd"), "Credit Auditor": "r"},
	"Limit Request": {
		**dict.fromkeys((*DECIDERS, "Credit Controller", *SELLERS), "rc"),
		**dict.fromkeys(("Collector", "Credit Auditor", "Board", *READERS), "r"),
	},
	"Order Milestone Plan": {
		**dict.fromkeys(DECIDERS, "rwcdsx"),
		**dict.fromkeys(("Credit Controller", "Sales Manager", "Account Manager"), "rwcsx"),
		**dict.fromkeys(
			("Sales User", "Collector", "Credit Auditor", "Board", "Contract Manager", *READERS), "r"
		),
	},
	"Milestone Template": {
		**dict.fromkeys((*DECIDERS, "Sales Manager"), "rwcd"),
		**dict.fromkeys(("Account Manager", "Sales User", "Credit Controller", "Collector"), "r"),
		**dict.fromkeys(("Credit Auditor", "Board", "Contract Manager", *READERS), "r"),
	},
	"Promise to Pay": {
		**dict.fromkeys(DECIDERS, "rwcd"),
		**dict.fromkeys(
			("Credit Controller", "Collector", "Accounts Manager", "Accounts User", *SELLERS), "rwc"
		),
		**dict.fromkeys(("Credit Auditor", "Board", "Auditor"), "r"),
	},
	"Account Statement": {
		**dict.fromkeys((*DECIDERS, "Credit Controller", "Collector", "Accounts Manager"), "rwc"),
		**dict.fromkeys(("Accounts User", "Account Manager", "Sales Manager"), "rwc"),
		**dict.fromkeys(("Sales User", "Credit Auditor", "Board", "Auditor"), "r"),
	},
	# Not sellers: a run is for every portfolio.
	"Account Statement Run": {
		**dict.fromkeys(
			(*DECIDERS, "Credit Controller", "Collector", "Accounts Manager", "Accounts User"), "rwc"
		),
		**dict.fromkeys(("Credit Auditor", "Board", "Auditor"), "r"),
	},
	"Balance Confirmation": {
		**dict.fromkeys(
			(*DECIDERS, "Credit Controller", "Collector", "Accounts Manager", "Accounts User"), "rwc"
		),
		**dict.fromkeys(("Credit Auditor", "Board", "Auditor", *SELLERS), "r"),
	},
	"Limitation Warning": dict.fromkeys(
		(*DECIDERS, "Credit Controller", "Collector", "Credit Auditor", "Board", *SELLERS, *READERS), "r"
	),
	"Collection Case": {
		**dict.fromkeys((*DECIDERS, "Credit Controller", "Collector"), "rwc"),
		**dict.fromkeys(("Credit Auditor", "Board", *SELLERS, *READERS), "r"),
	},
	"Collection Task": {
		**dict.fromkeys((*DECIDERS, "Credit Controller", "Collector"), "rwc"),
		**dict.fromkeys(("Credit Auditor", "Board", *SELLERS, *READERS), "r"),
	},
	"Insolvency Case": {
		**dict.fromkeys((*DECIDERS, "Credit Controller"), "rwc"),
		**dict.fromkeys(("Collector", "Credit Auditor", "Board", *SELLERS, *READERS), "r"),
	},
	"Payment Slip": {
		**dict.fromkeys(
			(*DECIDERS, "Credit Controller", "Collector", "Accounts Manager", "Accounts User", *SELLERS),
			"rwc",
		),
		**dict.fromkeys(("Credit Auditor", "Board", "Auditor"), "r"),
	},
	"Approval Request": {
		**dict.fromkeys(
			(*DECIDERS, "Credit Controller", "Collector", "Accounts Manager", "Accounts User", *SELLERS), "rc"
		),
		**dict.fromkeys(("Credit Auditor", "Board", "Auditor"), "r"),
	},
	"Board Link": dict.fromkeys((*DECIDERS, "Credit Controller", "Credit Auditor", "Auditor"), "r"),
	"Payment Reference Setup": {
		**dict.fromkeys(DECIDERS, "rwcd"),
		"Accounts Manager": "rwc",
		**dict.fromkeys(
			("Credit Controller", "Collector", "Credit Auditor", "Board", "Accounts User", "Auditor"), "r"
		),
	},
	"Payment Link Click": dict.fromkeys(
		(*DECIDERS, "Credit Controller", "Collector", "Credit Auditor", "Auditor"), "r"
	),
	"Policy Back-test": {**dict.fromkeys(DECIDERS, "rwcd"), "Credit Auditor": "r"},
	# Not sellers: a pack tells of every customer.
	**{
		doctype: {
			**dict.fromkeys(DECIDERS, "rwc"),
			**dict.fromkeys(deletes, "rwcd"),
			**dict.fromkeys(
				("Credit Controller", "Credit Auditor", "Board", "Accounts Manager", "Auditor"), "r"
			),
		}
		for doctype, deletes in (
			("Monthly Pack", ("System Manager",)),
			("Monthly Pack Schedule", ("System Manager", "CFO", "Finance Director")),
		)
	},
	"Call Script": {
		**dict.fromkeys(DECIDERS, "rwcd"),
		"Credit Controller": "rwc",
		**dict.fromkeys(("Collector", "Credit Auditor", *READERS), "r"),
	},
	# Not sellers: what a test shows is of all customers.
	"Dunning Test": {
		**dict.fromkeys(DECIDERS, "rwcd"),
		**dict.fromkeys(("Credit Controller", "Collector", "Credit Auditor", *READERS), "r"),
	},
	# Each user's own, by the worklist alone.
	"Worklist Filter": {"System Manager": "rd"},
	**{
		# What the law says, and the rates it follows, are for finance and compliance to keep.
		doctype: {
			**dict.fromkeys(("CFO", "System Manager"), "rwcd"),
			**dict.fromkeys(("Finance Director", "Compliance Officer"), "rwc"),
			**dict.fromkeys(("Credit Manager", "Credit Controller", "Collector", "Credit Auditor"), "r"),
			**dict.fromkeys(("Board", "Contract Manager", *READERS), "r"),
		}
		for doctype in ("Dunning Jurisdiction", "Reference Rate")
	},
}
ROLES = sorted(
	{*SELLERS, *READERS, *DECIDERS, *OTHERS, "Credit Controller", "Collector", "Credit Auditor", "Board"}
)


class TestRoleMatrix(SiteTestCase):
	def test_each_role_has_exactly_its_rights_and_lists(self):
		for role in ROLES:
			user = make_user(role)
			for doctype, by_role in MATRIX.items():
				expected = by_role.get(role, "")
				found = "".join(
					letter
					for letter, right in zip("rwcdsx", RIGHTS, strict=True)
					if frappe.has_permission(doctype, right, user=user)
				)
				self.assertEqual(found, expected, f"{role} on {doctype}")
				with self.subTest(f"{role} lists {doctype}"), as_user(user):
					if "r" in expected:
						frappe.get_list(doctype, limit=1)
					else:
						with self.assertRaises(frappe.PermissionError):
							frappe.get_list(doctype, limit=1)

	def test_every_document_of_ours_is_in_the_matrix(self):
		ours = frappe.get_all(
			"DocType", filters={"module": "B2B Contracts", "istable": 0, "issingle": 0}, pluck="name"
		)
		self.assertEqual(set(ours) - set(MATRIX), set())

	def test_board_members_have_no_desk(self):
		self.assertEqual(frappe.db.get_value("User", email_of("board"), "user_type"), "Website User")

	def test_nobody_shares_or_imports_evidence(self):
		for doctype in ("Credit Decision", "Credit Hold", "Credit Policy Version", "Credit Gate"):
			self.assertFalse(frappe.get_meta(doctype).allow_import, doctype)
			rights = frappe.get_all(
				"DocPerm",
				filters={"parent": doctype},
				fields=["write", "create", "delete", "submit", "cancel", "amend", "share", "import"],
			)
			self.assertFalse([row for row in rights if any(row.values())], doctype)


class Portfolio(SiteTestCase):
	"""Two sellers with a customer each, and what hangs on these customers."""

	def setUp(self):
		super().setUp()
		self.mine = make_profile(make_customer(account_manager="seller1"))
		self.theirs = make_profile(make_customer(account_manager="seller2"))

	def visible(self, doctype: str, user: str, field: str = "customer") -> set[str]:
		"""Return which of the two customers show up in a list."""
		both = {self.mine.customer, self.theirs.customer}
		with as_user(user):
			return both & set(frappe.get_list(doctype, pluck=field, limit=0))

	def hold(self, profile, **fields):
		hold = frappe.get_doc(
			{
				"doctype": "Credit Hold",
				"name": f"{profile.name}-H1",
				"customer": profile.customer,
				"company": profile.company,
				"rating": "B",
				"reasons": [{"rule": "Limit Use", "message": f"About {profile.customer}", "action": "Hold"}],
				**fields,
			}
		)
		hold.flags.credit_service = True
		return hold.insert()

	def decision(self, profile, **fields):
		decision = frappe.get_doc(
			{
				"doctype": "Credit Decision",
				"gate": f"P:{profile.name}",
				"sequence": 1,
				"customer": profile.customer,
				"company": profile.company,
				"payload": "{}",
				**fields,
			}
		)
		decision.flags.credit_service = True
		return decision.insert()


class TestWhatSellersSee(Portfolio):
	def test_customers_they_manage(self):
		for doctype, make in (
			("Credit Profile", lambda profile: None),
			("Credit Hold", self.hold),
			("Security Instrument", lambda profile: make_security(profile.customer, 1000)),
		):
			make(self.mine)
			make(self.theirs)
			self.assertEqual(self.visible(doctype, "seller1"), {self.mine.customer}, doctype)
			self.assertEqual(self.visible(doctype, "seller2"), {self.theirs.customer}, doctype)

	def test_whole_team_for_who_leads_it(self):
		self.assertEqual(
			self.visible("Credit Profile", "sales_manager"), {self.mine.customer, self.theirs.customer}
		)

	def test_customers_on_whose_team_they_stand(self):
		profile = make_profile(make_customer(account_manager=None, sales_team=("seller2",)))
		for user, sees in (("seller1", False), ("seller2", True), ("sales_manager", True)):
			with as_user(user):
				self.assertEqual(
					bool(frappe.get_list("Credit Profile", filters={"name": profile.name})), sees, user
				)

	def test_a_sales_person_of_an_odd_name_breaks_no_query(self):
		for name in ("B2BT O'Neill", "B2BT 50 %s", "B2BT \\' or 1=1 -- "):
			frappe.rename_doc("Sales Person", "B2BT Seller One", name, force=True, show_alert=False)
			self.assertEqual(self.visible("Credit Profile", "seller1"), {self.mine.customer}, name)
			self.assertEqual(self.visible("Credit Hold", "seller1"), set(), name)
			frappe.rename_doc("Sales Person", name, "B2BT Seller One", force=True, show_alert=False)

	def test_a_seller_without_customers_sees_nothing(self):
		user = make_user("Sales User")
		self.assertEqual(self.visible("Credit Profile", user), set())

	def test_one_document_says_the_same_as_the_list(self):
		documents = [self.mine, self.theirs]
		documents += [self.hold(profile) for profile in (self.mine, self.theirs)]
		documents += [make_security(profile.customer, 1000) for profile in (self.mine, self.theirs)]
		for user in ("seller1", "seller2", "sales_manager", "controller", "auditor"):
			with as_user(user):
				for doc in documents:
					listed = bool(frappe.get_list(doc.doctype, filters={"name": doc.name}))
					single = bool(frappe.has_permission(doc.doctype, "read", doc.name))
					self.assertEqual(listed, single, f"{user}: {doc.doctype} {doc.name}")

	def test_holds_of_orders_they_entered_for_somebody_elses_customer(self):
		with as_user("seller1"):
			order = make_order(self.theirs.customer, 10, submit=False)
		hold = self.hold(self.theirs, reference_doctype="Sales Order", reference_name=order.name)
		with as_user("seller1"):
			self.assertTrue(frappe.get_list("Credit Hold", filters={"name": hold.name}))
			self.assertTrue(frappe.has_permission("Credit Hold", "read", hold.name))
			self.assertFalse(frappe.get_list("Credit Profile", filters={"name": self.theirs.name}))

	def test_holds_of_orders_on_whose_team_they_stand(self):
		order = make_order(self.theirs.customer, 10, submit=False, sales_team=("seller1",))
		hold = self.hold(self.theirs, reference_doctype="Sales Order", reference_name=order.name)
		with as_user("seller1"):
			self.assertTrue(frappe.get_list("Credit Hold", filters={"name": hold.name}))
			self.assertTrue(frappe.has_permission("Credit Hold", "read", hold.name))

	def test_holds_they_are_told_about(self):
		hold = self.hold(self.theirs, salesperson=email_of("seller1"))
		with as_user("seller1"):
			self.assertTrue(frappe.get_list("Credit Hold", filters={"name": hold.name}))
			self.assertTrue(frappe.has_permission("Credit Hold", "read", hold.name))

	def test_rows_cannot_be_listed_past_their_document(self):
		self.hold(self.mine)
		self.hold(self.theirs)
		with as_user("seller1"):
			messages = client.get_list(
				"Credit Hold Reason", fields=["message"], parent="Credit Hold", limit_page_length=0
			)
		text = str(messages)
		self.assertIn(f"About {self.mine.customer}", text)
		self.assertNotIn(f"About {self.theirs.customer}", text)

	def test_sisters_of_a_group_stay_hidden(self):
		group = make_group(self.mine.customer, self.theirs.customer)
		with as_user("seller1"):
			for ask in (
				lambda: frappe.get_list("Credit Group"),
				lambda: client.get("Credit Group", group.name),
				lambda: client.get_list("Credit Group Member", parent="Credit Group"),
			):
				with self.assertRaises(frappe.PermissionError):
					ask()
			sisters = frappe.get_list(
				"Credit Profile", filters={"credit_group": group.name}, pluck="customer"
			)
		self.assertEqual(sisters, [self.mine.customer])


class TestSensitiveFields(Portfolio):
	HIDDEN = ("external_rating", "rating_at_review", "limit_reason", "expected_annual_revenue")

	def setUp(self):
		super().setUp()
		self.mine.update(
			{
				"external_rating": "B",
				"rating_at_review": "AA",
				"manual_limit": 5000,
				"limit_reason": "Secret",
				"expected_annual_revenue": 1,
				"change_reason": "Test",
			}
		)
		self.mine.save()

	def test_sellers_read_the_limit_and_not_what_is_behind_it(self):
		with as_user("seller1"):
			doc = client.get("Credit Profile", self.mine.name)
			# One field at a time: of two hidden fields asked for side by side, Frappe 15 gives out the second.
			rows = {
				field: frappe.get_list(
					"Credit Profile", filters={"name": self.mine.name}, fields=["name", field]
				)[0]
				for field in ("granted_limit", *self.HIDDEN)
			}
		self.assertEqual((doc["granted_limit"], rows["granted_limit"].granted_limit), (5000, 5000))
		for field in self.HIDDEN:
			self.assertFalse(doc.get(field), field)
			self.assertFalse(rows[field].get(field), field)
		self.assertFalse(doc.get("history"))

	def test_sellers_cannot_list_the_history(self):
		with as_user("seller1"):
			rows = client.get_list(
				"Credit Profile Change", fields=["*"], parent="Credit Profile", limit_page_length=0
			)
		self.assertEqual(rows, [])

	def test_credit_roles_and_auditors_read_everything(self):
		for user in ("controller", "credit_manager", "auditor", "accounts_user"):
			with as_user(user):
				doc = client.get("Credit Profile", self.mine.name)
			self.assertEqual((doc["external_rating"], doc["limit_reason"]), ("B", "Secret"), user)
			self.assertTrue(doc["history"], user)

	def test_sellers_do_not_read_decisions(self):
		decision = self.decision(self.mine, payload='{"exposure_after": "1"}')
		with as_user("seller1"):
			with self.assertRaises(frappe.PermissionError):
				client.get("Credit Decision", decision.name)
			with self.assertRaises(frappe.PermissionError):
				frappe.get_list("Credit Decision")
		with as_user("auditor"):
			self.assertTrue(client.get("Credit Decision", decision.name)["payload"])


class TestWhoSeesEverything(Portfolio):
	def test_credit_finance_and_audit_roles(self):
		both = {self.mine.customer, self.theirs.customer}
		for user in (
			"controller",
			"credit_manager",
			"finance_director",
			"cfo",
			"board",
			"collector",
			"auditor",
			"accounts_user",
		):
			self.assertEqual(self.visible("Credit Profile", user), both, user)

	def test_a_seller_with_a_finance_role_too(self):
		user = make_user("Sales User", "Accounts User")
		self.assertEqual(self.visible("Credit Profile", user), {self.mine.customer, self.theirs.customer})

	def test_user_permissions_hold_for_them_as_well(self):
		ensure_second_company()
		there = make_profile(company=SECOND_COMPANY)
		user = make_user("Credit Manager")
		self.permit(user, "Company", SECOND_COMPANY)
		self.assertEqual(self.visible("Credit Profile", user), set())
		with as_user(user):
			self.assertFalse(frappe.has_permission("Credit Profile", "read", self.mine.name))
			self.assertTrue(frappe.get_list("Credit Profile", filters={"name": there.name}))

	def test_user_permission_on_a_customer(self):
		user = make_user("Credit Controller")
		self.permit(user, "Customer", self.mine.customer)
		self.hold(self.mine)
		self.hold(self.theirs)
		self.assertEqual(self.visible("Credit Profile", user), {self.mine.customer})
		self.assertEqual(self.visible("Credit Hold", user), {self.mine.customer})

	def permit(self, user: str, doctype: str, name: str):
		frappe.get_doc(
			{
				"doctype": "User Permission",
				"user": user,
				"allow": doctype,
				"for_value": name,
				"apply_to_all_doctypes": 1,
			}
		).insert()


class TestWrittenByTheAppOnly(Portfolio):
	"""Holds, decisions, gates and versions by REST, as the mightiest user there is and as one with all our roles."""

	def setUp(self):
		super().setUp()
		self.everything = make_user("System Manager", *(role for role in ROLES if role != "System Manager"))
		self.users = ("Administrator", self.everything)

	def evidence(self):
		version = frappe.db.get_value("Credit Policy Version", {"policy": make_policy().name})
		return (
			(self.decision(self.mine, outcome="Held"), "outcome", "Clear"),
			(self.hold(self.mine), "status", "Released"),
			(frappe.get_doc("Credit Gate", f"P:{self.mine.name}"), "sequence", 99),
			(frappe.get_doc("Credit Policy Version", version), "snapshot", "{}"),
		)

	def test_change(self):
		evidence = self.evidence()
		for user in self.users:
			for doc, field, value in evidence:
				with self.subTest(f"{user} sets {doc.doctype}.{field}"), as_user(user):
					with self.assertRaises(frappe.PermissionError):
						client.set_value(doc.doctype, doc.name, field, value)
					with self.assertRaises(frappe.PermissionError):
						client.save({**frappe.get_doc(doc.doctype, doc.name).as_dict(), field: value})
					self.assertNotEqual(frappe.db.get_value(doc.doctype, doc.name, field), value)

	def test_delete(self):
		evidence = self.evidence()
		for user in self.users:
			for doc, _field, _value in evidence:
				with self.subTest(f"{user} deletes {doc.doctype}"), as_user(user):
					with self.assertRaises(frappe.PermissionError):
						client.delete(doc.doctype, doc.name)
					self.assertTrue(frappe.db.exists(doc.doctype, doc.name))

	def test_insert(self):
		about = {"customer": self.mine.customer, "company": COMPANY}
		for user in self.users:
			for fields in (
				{
					"doctype": "Credit Decision",
					"gate": f"P:{self.mine.name}",
					"sequence": 7,
					"outcome": "Clear",
					**about,
				},
				{"doctype": "Credit Hold", "name": "FORGED-H1", "status": "Released", **about},
				{"doctype": "Credit Gate", "name": "P:FORGED", "gate_type": "Profile"},
				{
					"doctype": "Credit Policy Version",
					"policy": active_policy().name,
					"version": 99,
					"company": COMPANY,
				},
			):
				with self.subTest(f"{user} inserts {fields['doctype']}"), as_user(user):
					with self.assertRaises(frappe.PermissionError):
						client.insert(fields)

	def test_a_flag_that_a_client_sends_is_no_flag(self):
		for flags in ({"credit_service": True}, {"credit_service": True, "ignore_validate": True}):
			with self.assertRaises(WrittenByAppOnlyError):
				client.insert(
					{
						"doctype": "Credit Hold",
						"name": "FORGED-H2",
						"customer": self.mine.customer,
						"company": COMPANY,
						"flags": flags,
					}
				)

	def test_skipping_the_validation_does_not_help(self):
		hold = self.hold(self.mine)
		hold = frappe.get_doc("Credit Hold", hold.name)
		hold.status = "Released"
		hold.flags.ignore_validate = True
		with self.assertRaises(WrittenByAppOnlyError):
			hold.save()

	def test_bulk_edit(self):
		hold = self.hold(self.mine)
		failed = client.bulk_update(
			frappe.as_json([{"doctype": "Credit Hold", "docname": hold.name, "status": "Released"}])
		)["failed_docs"]
		self.assertEqual(len(failed), 1)
		self.assertEqual(frappe.db.get_value("Credit Hold", hold.name, "status"), "Open")

	def test_submit_and_cancel(self):
		doc = self.decision(self.mine)
		for act in ("submit", "cancel"):
			with self.assertRaises((frappe.PermissionError, frappe.DocstatusTransitionError)):
				getattr(frappe.get_doc("Credit Decision", doc.name), act)()

	def test_a_decision_is_append_only_even_for_the_service(self):
		decision = frappe.get_doc("Credit Decision", self.decision(self.mine).name)
		decision.outcome = "Clear"
		decision.flags.credit_service = True
		with self.assertRaises(EvidenceError):
			decision.save()

	def test_rename(self):
		hold = self.hold(self.mine)
		with as_user(self.everything), self.assertRaises(frappe.ValidationError):
			client.rename_doc("Credit Hold", hold.name, "ANOTHER-H1")

	def test_auditor_changes_nothing(self):
		with as_user("auditor"):
			for doc, field, value in ((self.mine, "require_po", "Yes"), (active_policy(), "mode", "Off")):
				with self.assertRaises(frappe.PermissionError):
					client.set_value(doc.doctype, doc.name, field, value)

	def test_sellers_change_no_profile(self):
		with as_user("seller1"), self.assertRaises(frappe.PermissionError):
			client.set_value("Credit Profile", self.mine.name, "require_po", "No")


class TestCollectorAlone(SiteTestCase):
	"""Who has the role Collector and no other works: what that takes of ERPNext's documents comes with the app."""

	def setUp(self):
		super().setUp()
		self.user = make_user("Collector")
		self.customer = make_customer()
		make_profile(self.customer, manual_limit=100_000)
		with policy_off():
			self.invoice = make_overdue_invoice(self.customer, 4_000, days=60)

	def test_sees_and_works_the_worklist(self):
		make_payment(customer=self.customer, amount=50)
		with as_user(self.user):
			(row,) = worklist_api.entries(COMPANY, {"search": self.customer.name})["rows"]
			self.assertEqual(row["overdue"], 4_000)
			sheet = worklist_api.customer(self.customer.name, COMPANY)
			self.assertEqual([item["sales_invoice"] for item in sheet["items"]], [self.invoice.name])
			self.assertTrue(
				[e for e in sheet["history"] if e["text"].startswith("Paid") and not e["doctype"]]
			)
			logged = worklist_api.log_contact(self.customer.name, COMPANY, "Not Reached")
			self.assertTrue(client.get("Collection Task", logged["name"]))
			self.assertTrue(worklist_api.options(COMPANY)["may"]["promise"])

	def test_proposes_a_case_and_reads_what_it_is_about(self):
		with as_user(self.user):
			(seen,) = collection_cases_api.preview_case(self.customer.name, COMPANY)
			self.assertEqual(seen["principal"], 4_000)
			made = collection_cases_api.propose_case(self.customer.name, COMPANY, "Nobody answers.")
			self.assertEqual(client.get("Collection Case", made["name"])["principal_amount"], 4_000)
			self.assertEqual(client.get("Sales Invoice", self.invoice.name)["customer"], self.customer.name)
			self.assertTrue(frappe.get_list("Sales Invoice", {"customer": self.customer.name}))
			self.assertEqual(client.get("Customer", self.customer.name)["name"], self.customer.name)

	def test_changes_nothing_of_erpnexts(self):
		with as_user(self.user):
			# Everybody may make contacts and addresses of their own, by ERPNext's standard.
			for doctype in ("Company", "Customer", "Dunning", "Sales Invoice"):
				rights = core_permissions.RIGHTS["Collector"][doctype]
				for right in ("read", "write", "create", "delete", "submit", "cancel"):
					self.assertEqual(
						frappe.has_permission(doctype, right), right in rights, f"{doctype} {right}"
					)
			for doctype in ("Payment Entry", "Journal Entry", "Salary Slip", "Supplier", "Sales Order"):
				if frappe.db.exists("DocType", doctype):
					self.assertFalse(frappe.has_permission(doctype, "read"), doctype)

	def test_the_rights_of_others_are_what_they_were(self):
		for doctype in core_permissions.RIGHTS["Collector"]:
			found = [rights for _name, rights in core_permissions._rows("Custom DocPerm", doctype)]
			for name, rights in core_permissions._rows("DocPerm", doctype):
				self.assertIn(rights, found, f"{doctype} {name}")


class TestDeputies(SiteTestCase):
	def deputy(self, absent: str, deputy: str, **fields):
		return frappe.get_doc(
			{
				"doctype": "Credit Deputy",
				"deputy_for": email_of(absent),
				"deputy": email_of(deputy),
				"from_date": "2026-01-01",
				"to_date": "2026-01-31",
				**fields,
			}
		)

	def test_everybody_for_themselves_and_the_cfo_for_all(self):
		with as_user("credit_manager"):
			self.deputy("credit_manager", "controller").insert()
		with as_user("cfo"):
			self.deputy("credit_manager", "finance_director").insert()

	def test_not_for_others(self):
		for user, absent in (
			("controller", "cfo"),
			("finance_director", "credit_manager"),
			("seller1", "seller2"),
		):
			with self.subTest(user), as_user(user):
				with self.assertRaisesRegex(frappe.PermissionError, "or the CFO appoints a deputy"):
					self.deputy(absent, user).insert()

	def test_not_by_taking_over_somebody_elses_entry(self):
		doc = self.deputy("cfo", "finance_director").insert()
		with as_user("controller"):
			doc = frappe.get_doc("Credit Deputy", doc.name)
			doc.deputy_for = email_of("controller")
			with self.assertRaises(frappe.PermissionError):
				doc.save()

	def test_not_deleted_but_ended(self):
		with as_user("cfo"):
			doc = self.deputy("cfo", "finance_director").insert()
			with self.assertRaises(frappe.PermissionError):
				client.delete("Credit Deputy", doc.name)
		with self.assertRaisesRegex(EvidenceError, "Set the last day instead"):
			frappe.get_doc("Credit Deputy", doc.name).delete()

	def test_bad_entries(self):
		for doc, advice in (
			(self.deputy("cfo", "cfo"), "their own deputy. Choose another user"),
			(self.deputy("stock_user", "cfo"), "no release role that a deputy could use"),
			(self.deputy("cfo", "board", to_date="2025-12-31"), "Enter a later last day"),
		):
			with self.assertRaisesRegex(frappe.ValidationError, advice):
				doc.insert()
