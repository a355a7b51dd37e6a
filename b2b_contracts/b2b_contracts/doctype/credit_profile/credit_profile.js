// Credit Profile: how the customer stands, and the hold or stop on the whole customer.
(() => {
	const credit = b2b_contracts.credit;

	frappe.ui.form.on("Credit Profile", {
		setup(frm) {
			frm.set_query("credit_group", () => ({
				filters: { company: ["in", [frm.doc.company || "", ""]] },
			}));
		},
		refresh(frm) {
			if (frm.is_new()) {
				credit.hide_panel(frm);
				return;
			}
			credit.show_customer(frm, frm.doc.customer, frm.doc.company);
			frm.add_custom_button(
				__("Customer"),
				() => frappe.set_route("Form", "Customer", frm.doc.customer),
				__("View")
			);
			for (const doctype of ["Credit Hold", "Credit Decision", "Security Instrument"]) {
				if (frappe.model.can_read(doctype)) {
					frm.add_custom_button(
						__(doctype),
						() => {
							frappe.route_options = { customer: frm.doc.customer, company: frm.doc.company };
							frappe.set_route("List", doctype);
						},
						__("View")
					);
				}
			}
		},
	});
})();
