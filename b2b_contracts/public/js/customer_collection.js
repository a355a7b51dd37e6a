// Customer: a call to be made, and what is overdue to be handed over.
(() => {
	frappe.ui.form.on("Customer", {
		refresh(frm) {
			if (frm.is_new()) return;
			const open = (doctype) =>
				frappe.new_doc(doctype, { customer: frm.doc.name, company: company_of(frm) });
			if (frappe.model.can_create("Collection Task"))
				frm.add_custom_button(__("Collection task"), () => open("Collection Task"), __("Credit"));
			if (frappe.model.can_create("Collection Case"))
				frm.add_custom_button(__("Hand over to collection"), () => open("Collection Case"), __("Credit"));
		},
	});

	const company_of = (frm) => frm.b2b_company || frappe.defaults.get_user_default("Company");
})();
