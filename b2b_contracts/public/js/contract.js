// ERPNext's Contract: a button that takes it over as one of ours.
frappe.ui.form.on("Contract", {
	refresh(frm) {
		if (frm.is_new() || frm.doc.party_type !== "Customer" || !frappe.model.can_create("B2B Contract")) return;
		frm.add_custom_button(__("Take over as contract data"), () =>
			frappe.model.open_mapped_doc({ method: "b2b_contracts.contracts_api.make_contract", frm })
		);
	},
});
