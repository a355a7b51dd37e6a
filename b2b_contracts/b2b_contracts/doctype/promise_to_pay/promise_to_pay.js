// Promise to Pay: what it has come to, and how to withdraw it.
(() => {
	frappe.ui.form.on("Promise to Pay", {
		setup(frm) {
			frm.set_query("sales_invoice", () => ({
				filters: {
					customer: frm.doc.customer,
					company: frm.doc.company,
					docstatus: 1,
					is_return: 0,
					outstanding_amount: [">", 0],
				},
			}));
		},
		refresh(frm) {
			if (frm.is_new() || frm.doc.status !== "Open") return;
			if (frappe.perm.has_perm("Promise to Pay", 0, "write", frm.doc))
				frm.add_custom_button(__("Withdraw"), () => withdraw(frm));
		},
		async sales_invoice(frm) {
			if (!frm.doc.sales_invoice || frm.doc.amount) return;
			const found = await frappe.db.get_value("Sales Invoice", frm.doc.sales_invoice, "outstanding_amount");
			frm.set_value("amount", found.message.outstanding_amount);
		},
	});

	function withdraw(frm) {
		frappe.prompt(
			{ fieldname: "reason", fieldtype: "Small Text", label: __("Why it no longer holds"), reqd: 1 },
			async ({ reason }) => {
				await frappe.xcall("b2b_contracts.collections_api.withdraw_promise", {
					promise: frm.doc.name,
					reason,
				});
				frm.reload_doc();
			},
			__("Withdraw"),
			__("Withdraw")
		);
	}
})();
