// Order Milestone Plan: accept and invoice each milestone, and how far it has come.
(() => {
	const credit = b2b_contracts.credit;
	const API = "b2b_contracts.milestones_api";

	frappe.ui.form.on("Order Milestone Plan", {
		setup(frm) {
			frm.set_query("sales_order", () => ({ filters: { docstatus: 1, status: ["!=", "Closed"] } }));
		},
		refresh(frm) {
			frm.toggle_display("section_totals", frm.doc.docstatus > 0);
			if (frm.doc.docstatus !== 1) return;
			frm.doc.milestones.forEach((row) => add_buttons(frm, row));
			say_how_it_stands(frm);
		},
	});

	function add_buttons(frm, row) {
		const label = row.title;
		if (!row.sales_invoice && row.acceptance_needed && frm.perm[0]?.write)
			frm.add_custom_button(label, () => accept(frm, row), __("Accept"));
		const is_ready = !row.sales_invoice && row.amount && (row.accepted_on || !row.acceptance_needed);
		if (is_ready && frappe.model.can_create("Sales Invoice"))
			frm.add_custom_button(label, () => invoice(frm, row), __("Make invoice"));
		if (row.before_delivery && row.status !== "Paid" && credit.may_act_for("Credit Manager"))
			frm.add_custom_button(label, () => waive(frm, row), __("Let goods leave"));
	}

	function accept(frm, row) {
		const dialog = new frappe.ui.Dialog({
			title: __("{0}: accepted by the customer", [credit.esc(row.title)]),
			fields: [
				{
					fieldtype: "Date",
					fieldname: "accepted_on",
					label: __("Accepted on"),
					default: row.accepted_on || frappe.datetime.get_today(),
					reqd: 1,
				},
				{
					fieldtype: "Data",
					fieldname: "accepted_by",
					label: __("Accepted by"),
					description: __("Who accepted it for the customer."),
					default: row.accepted_by,
					reqd: 1,
				},
				{
					fieldtype: "Attach",
					fieldname: "evidence",
					label: __("Acceptance document"),
					default: row.evidence,
				},
			],
			primary_action_label: __("Accept"),
			primary_action: (values) => call(frm, dialog, "accept_milestone", row, values),
		});
		dialog.show();
	}

	function waive(frm, row) {
		const dialog = new frappe.ui.Dialog({
			title: __("Let goods leave before {0} is paid", [credit.esc(row.title)]),
			fields: [
				{
					fieldtype: "Small Text",
					fieldname: "reason",
					label: __("Reason"),
					description: __("Kept with the plan."),
					reqd: 1,
				},
			],
			primary_action_label: __("Let goods leave"),
			primary_action: (values) => call(frm, dialog, "waive_milestone", row, values),
		});
		dialog.show();
	}

	async function call(frm, dialog, method, row, values) {
		dialog.disable_primary_action();
		try {
			const args = { plan: frm.doc.name, milestone: row.name, ...values };
			await frappe.xcall(`${API}.${method}`, args);
			dialog.hide();
			frm.reload_doc();
		} catch {
			dialog.enable_primary_action();
		}
	}

	function invoice(frm, row) {
		const draft = frm.doc.__onload?.drafts?.[row.name];
		if (draft) {
			frappe.set_route("Form", "Sales Invoice", draft);
			return;
		}
		frappe.model.open_mapped_doc({
			method: `${API}.make_milestone_invoice`,
			frm,
			args: { milestone: row.name },
		});
	}

	function say_how_it_stands(frm) {
		const { doc } = frm;
		const owed = doc.invoiced_amount - doc.paid_amount;
		frm.dashboard.add_progress(
			__("Milestones"),
			[part(doc, doc.paid_amount, "progress-bar-success"), part(doc, owed, "progress-bar-warning")],
			__("{0} of {1} paid, {2} invoiced and open", [
				money(doc, doc.paid_amount),
				money(doc, doc.total_amount),
				money(doc, owed),
			])
		);
		const waits_for = doc.milestones.find(
			({ before_delivery, status, amount }) => before_delivery && amount && status !== "Paid"
		);
		if (waits_for)
			frm.set_intro(
				__("No goods leave before {0} is paid: {1}.", [
					credit.esc(waits_for.title),
					credit.money(waits_for.amount - waits_for.paid_amount, doc.currency),
				]),
				"orange"
			);
	}

	const money = (doc, amount) => credit.money(amount, doc.currency);
	const part = (doc, amount, progress_class) => ({
		title: "",
		width: `${doc.total_amount ? Math.max(0, (amount / doc.total_amount) * 100) : 0}%`,
		progress_class,
	});
})();
