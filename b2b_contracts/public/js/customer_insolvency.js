// Customer and Credit Profile: an open insolvency, and a button to report one.
(() => {
	const credit = b2b_contracts.credit;

	frappe.ui.form.on("Customer", {
		refresh: (frm) => look(frm, frm.doc.name),
	});
	frappe.ui.form.on("Credit Profile", {
		refresh: (frm) => look(frm, frm.doc.customer),
	});

	async function look(frm, customer) {
		if (frm.is_new() || !frappe.model.can_read("Insolvency Case")) return;
		const { name } = frm.doc;
		const found = await credit.post("b2b_contracts.collections_api.open_insolvency", { customer });
		if (frm.doc.name !== name) return;
		credit.say_on_form(frm, "b2b-insolvency", "");
		if (found) {
			const since = frappe.datetime.str_to_user(found.insolvent_on);
			const link = frappe.utils.get_form_link(
				"Insolvency Case",
				found.name,
				true,
				__("Insolvent since {0}: nothing is chased", [since])
			);
			credit.say_on_form(frm, "b2b-insolvency", link, "red");
		} else if (frappe.model.can_create("Insolvency Case")) {
			frm.add_custom_button(
				__("Report insolvency"),
				() => frappe.new_doc("Insolvency Case", { customer }),
				__("Credit")
			);
		}
	}
})();
