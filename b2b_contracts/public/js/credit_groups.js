// Offers a credit group for customers of one tax id: a new form with its members filled in.
frappe.provide("b2b_contracts.credit");

b2b_contracts.credit.new_group = async ({ customers, company, currency }) => {
	frappe.hide_msgprint();
	await frappe.model.with_doctype("Credit Group");
	const doc = frappe.model.get_new_doc("Credit Group");
	Object.assign(doc, { company, currency });
	for (const customer of customers) {
		const row = frappe.model.add_child(doc, "Credit Group Member", "members");
		row.customer = customer;
	}
	await frappe.set_route("Form", "Credit Group", doc.name);
};
