// Bank Guarantee: one that was received from a customer becomes a security in one click.
frappe.ui.form.on("Bank Guarantee", {
	refresh(frm) {
		const received = frm.doc.bg_type === "Receiving" && frm.doc.customer;
		if (frm.doc.docstatus !== 1 || !received || !frappe.model.can_create("Security Instrument")) return;
		frm.add_custom_button(
			__("Security Instrument"),
			() =>
				frappe.model.open_mapped_doc({
					method: "b2b_contracts.securities_api.make_security_instrument",
					frm,
				}),
			__("Create")
		);
	},
});
