// Insolvency Case: what was stopped, what is claimed, and how it ends.
(() => {
	const credit = b2b_contracts.credit;
	const API = "b2b_contracts.collections_api";

	// Rows are kept as they were taken, so they hold names and no links: what is cancelled later must not keep the case from
	// being saved. They are read as links all the same.
	// A cell may be drawn before its row is known.
	const as_link = (doctype_of) => (value, _df, _options, row) => {
		if (!value) return "";
		return row ? frappe.utils.get_form_link(doctype_of(row), value, true) : credit.esc(value);
	};
	const LINKS = [
		["Insolvency Claim Item", "voucher_no", (row) => row.voucher_type],
		["Insolvency Goods", "voucher_no", (row) => row.voucher_type],
		["Insolvency Goods", "sales_invoice", () => "Sales Invoice"],
		["Insolvency Goods", "security", () => "Security Instrument"],
		["Insolvency Security", "security", () => "Security Instrument"],
	];

	frappe.ui.form.on("Insolvency Case", {
		setup() {
			for (const [doctype, field, doctype_of] of LINKS)
				frappe.meta.docfield_map[doctype][field].formatter = as_link(doctype_of);
		},
		async refresh(frm) {
			frm.set_intro("");
			if (frm.is_new()) {
				frm.set_intro(
					__(
						"Saving stops the customer in all our companies: orders, deliveries, reminders and interest. Payment plans, promises and payment slips end."
					),
					"red"
				);
				return;
			}
			say_how_it_stands(frm);
			if (frm.doc.status !== "Open" || !frappe.perm.has_perm("Insolvency Case", 0, "write", frm.doc))
				return;
			frm.add_custom_button(__("Take the claim again"), () => take_claim(frm));
			const { name } = frm.doc;
			const why_not = await frappe.xcall(`${API}.why_not_end_insolvency`, { case: name });
			if (!why_not && frm.doc.name === name) frm.add_custom_button(__("End the case"), () => end(frm));
		},
	});

	function say_how_it_stands(frm) {
		const { status, carried_out_on, totals, end_reason } = frm.doc;
		if (status !== "Open") {
			frm.set_intro(
				`${__(
					"Closed. The rating stays insolvent until somebody reviews the customer."
				)} ${credit.esc(end_reason || "")}`,
				"orange"
			);
			return;
		}
		if (!carried_out_on) {
			frm.set_intro(__("The customer is stopped. Orders, plans and the claim are being worked on."), "orange");
			return;
		}
		const claims = (totals || []).map((row) => format_currency(row.claim_amount, row.currency));
		frm.set_intro(
			claims.length
				? __("Everything is stopped and nothing is chased. Claim: {0}.", [claims.join(" + ")])
				: __("Everything is stopped. The customer owes nothing."),
			"red"
		);
	}

	async function take_claim(frm) {
		await frappe.xcall(`${API}.take_claim`, { case: frm.doc.name });
		await frm.reload_doc();
	}

	function end(frm) {
		frappe.prompt(
			[
				{
					fieldname: "outcome",
					fieldtype: "Select",
					label: __("Outcome"),
					options: [
						{ value: "Proceedings Ended", label: __("Proceedings Ended", null, "Insolvency Case") },
						{ value: "Reported in Error", label: __("Reported in Error", null, "Insolvency Case") },
					],
					reqd: 1,
				},
				{
					fieldname: "reason",
					fieldtype: "Small Text",
					label: __("Reason"),
					description: __(
						"The stop by hand is lifted. The rating stays insolvent until somebody reviews it."
					),
					reqd: 1,
				},
			],
			async (values) => {
				await frappe.xcall(`${API}.end_insolvency`, { case: frm.doc.name, ...values });
				await frm.reload_doc();
			},
			__("End the case"),
			__("End the case")
		);
	}
})();
