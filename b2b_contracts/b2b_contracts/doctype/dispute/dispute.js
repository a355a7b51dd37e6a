// Dispute: what is disputed, whose turn it is, and what can be done about it.
(() => {
	const credit = b2b_contracts.credit;
	const API = "b2b_contracts.collections_api";
	const RUNNING = ["Open", "In Progress", "Waiting for Customer"];
	const COLOUR = { Open: "orange", "In Progress": "blue", "Waiting for Customer": "yellow" };

	frappe.ui.form.on("Dispute", {
		setup(frm) {
			frm.set_query("sales_invoice", "invoices", () => ({
				filters: {
					customer: frm.doc.customer,
					company: frm.doc.company,
					docstatus: 1,
					is_return: 0,
					outstanding_amount: [">", 0],
				},
			}));
			frm.set_query("contract", () => ({
				filters: { customer: frm.doc.customer, company: frm.doc.company, docstatus: 1 },
			}));
			frm.set_query("contract_clause", () => ({
				filters: { name: ["in", frm.b2b_clauses || []] },
			}));
		},
		refresh(frm) {
			know_clauses(frm);
			say_how_it_stands(frm);
			tell_progress(frm);
			frm.toggle_display("section_resolution", Boolean(frm.doc.resolved_on));
			if (frm.doc.docstatus !== 1 || !RUNNING.includes(frm.doc.status)) return;
			if (frappe.perm.has_perm("Dispute", 0, "write", frm.doc)) add_buttons(frm);
		},
		contract(frm) {
			frm.set_value("contract_clause", null);
			know_clauses(frm);
		},
		customer(frm) {
			frm.clear_table("invoices");
			frm.refresh_field("invoices");
		},
	});

	// A dispute rests on a clause of its own contract.
	async function know_clauses(frm) {
		frm.b2b_clauses = [];
		if (!frm.doc.contract) return;
		try {
			const { clauses } = await frappe.db.get_doc("B2B Contract", frm.doc.contract);
			frm.b2b_clauses = (clauses || []).map((row) => row.clause).filter(Boolean);
		} catch {
			// Who may not read the contract names no clause of it.
		}
	}

	function say_how_it_stands(frm) {
		const { doc } = frm;
		frm.set_intro("");
		if (frm.is_new()) return;
		if (doc.docstatus === 0) {
			frm.set_intro(
				frm.perm[0]?.submit
					? __("Reported only: nothing is set aside before you take it up by submitting it.")
					: __(
							"Reported only: nothing is set aside before a credit controller takes it up by submitting it."
					  ),
				"orange"
			);
		} else if (RUNNING.includes(doc.status)) {
			frm.set_intro(`${whose_turn(doc)} ${last_progress(doc)}`, COLOUR[doc.status]);
		}
	}

	function whose_turn({ open_amount, currency, next_action_by }) {
		const amount = format_currency(open_amount, currency);
		return next_action_by === "Customer"
			? __("{0} is set aside. It is the customer's turn.", [amount])
			: __("{0} is set aside. It is our turn.", [amount]);
	}

	function last_progress({ last_progress_on }) {
		const days = frappe.datetime.get_day_diff(frappe.datetime.get_today(), last_progress_on);
		if (days < 1) return __("The last progress was today.");
		if (days === 1) return __("The last progress was yesterday.");
		return __("The last progress was {0} days ago.", [days]);
	}

	// As text that can be read to its end: a grid would cut it off.
	async function tell_progress(frm) {
		const { name, progress = [] } = frm.doc;
		frm.toggle_display("section_progress", progress.length > 0);
		await credit.meet(progress.map((row) => row.noted_by));
		if (frm.doc.name !== name) return;
		const { $wrapper } = frm.get_field("progress");
		$wrapper.children().hide();
		$wrapper.find(".b2b-credit__table").remove();
		if (progress.length) $wrapper.append(progress_html(progress));
	}

	function progress_html(progress) {
		const rows = [...progress].reverse().map(
			(row) => `<tr>
				<td class="text-nowrap">${frappe.datetime.str_to_user(row.noted_on)}</td>
				<td>${row.noted_by === "Guest" ? __("Customer", null, "Dispute") : credit.person(row.noted_by)}</td>
				<td>${credit.esc(__(row.entry, null, "Dispute Progress"))}</td>
				<td class="b2b-credit__text">${credit.esc(row.text)}</td>
				<td>${credit.esc(__(row.next_action_by, null, "Dispute"))}</td>
			</tr>`
		);
		return `<table class="table b2b-credit__table"><thead><tr><th>${__("Noted on")}</th><th>${__(
			"Noted by"
		)}</th><th>${__("Entry")}</th><th>${__("What was said or done")}</th><th>${__(
			"Next action by"
		)}</th></tr></thead><tbody>${rows.join("")}</tbody></table>`;
	}

	function add_buttons(frm) {
		frm.add_custom_button(__("Note"), () => note(frm, "Note"), __("Progress"));
		frm.add_custom_button(__("Customer's answer"), () => note(frm, "Customer Answer"), __("Progress"));
		if (frappe.model.can_create("Sales Invoice"))
			frm.add_custom_button(__("Credit note"), () => make_credit_note(frm), __("Settle"));
		frm.add_custom_button(
			__("Accept without a credit note"),
			() => settle(frm, "Resolved: Accepted", __("How it was put right")),
			__("Settle")
		);
		frm.add_custom_button(
			__("Reject, or withdrawn"),
			() => settle(frm, "Resolved: Rejected", __("Why all is owed")),
			__("Settle")
		);
	}

	function note(frm, entry) {
		const is_answer = entry === "Customer Answer";
		frappe.prompt(
			[
				{ fieldname: "text", fieldtype: "Small Text", label: __("What was said or done"), reqd: 1 },
				{
					fieldname: "next_action_by",
					fieldtype: "Select",
					label: __("Next action by"),
					options: [
						{ value: "Us", label: __("Us", null, "Dispute") },
						{ value: "Customer", label: __("Customer", null, "Dispute") },
					],
					default: is_answer ? "Us" : frm.doc.next_action_by,
					reqd: 1,
				},
			],
			async (values) => {
				await frappe.xcall(`${API}.add_dispute_entry`, { dispute: frm.doc.name, entry, ...values });
				frm.reload_doc();
			},
			is_answer ? __("Customer's answer") : __("Note"),
			__("Save")
		);
	}

	function settle(frm, status, label) {
		frappe.prompt(
			{ fieldname: "resolution", fieldtype: "Small Text", label, reqd: 1 },
			async ({ resolution }) => {
				await frappe.xcall(`${API}.settle_dispute`, { dispute: frm.doc.name, status, resolution });
				frm.reload_doc();
			},
			__(status, null, "Dispute"),
			__("Settle")
		);
	}

	function make_credit_note(frm) {
		const open = frm.doc.invoices.filter((row) => row.open_amount);
		const make = (invoice) =>
			frappe.model.open_mapped_doc({ method: `${API}.make_credit_note`, frm, args: { invoice } });
		if (open.length === 1) return make(open[0].sales_invoice);
		frappe.prompt(
			{
				fieldname: "invoice",
				fieldtype: "Select",
				label: __("Invoice"),
				options: open.map((row) => row.sales_invoice),
				reqd: 1,
			},
			({ invoice }) => make(invoice),
			__("Credit note")
		);
	}
})();
