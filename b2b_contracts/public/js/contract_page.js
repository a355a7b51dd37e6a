// Customer and Contract: the way to everything that is agreed with the customer.
(() => {
	const offer = (frm, customer, group) => {
		if (frm.is_new() || !customer || !frappe.model.can_read("B2B Contract")) return;
		frm.add_custom_button(__("Contracts of the customer"), () => frappe.set_route("customer-contracts", customer), group);
	};

	frappe.ui.form.on("Customer", { refresh: (frm) => offer(frm, frm.doc.name, __("View")) });
	frappe.ui.form.on("B2B Contract", { refresh: (frm) => offer(frm, frm.doc.customer) });
})();
