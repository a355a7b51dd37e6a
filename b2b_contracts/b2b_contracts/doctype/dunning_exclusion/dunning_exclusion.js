// Dunning Exclusion: end it early.
frappe.ui.form.on("Dunning Exclusion", {
	setup(frm) {
		frm.set_query("sales_invoice", () => ({
			filters: {
				customer: frm.doc.customer,
				docstatus: 1,
				outstanding_amount: [">", 0],
				...(frm.doc.for_company ? { company: frm.doc.for_company } : {}),
			},
		}));
	},
	refresh(frm) {
		const today = frappe.datetime.get_today();
		const { ended_by, valid_until } = frm.doc;
		if (frm.is_new() || ended_by || valid_until < today || !frm.perm[0]?.write) return;
		frm.add_custom_button(__("End now"), () =>
			frappe.prompt(
				{ fieldname: "reason", fieldtype: "Small Text", label: __("Why it ends"), reqd: 1 },
				async ({ reason }) => {
					await frappe.xcall("b2b_contracts.dunning_api.end_exclusion", { name: frm.doc.name, reason });
					frm.reload_doc();
				},
				__("End the exclusion"),
				__("End now")
			)
		);
	},
});
