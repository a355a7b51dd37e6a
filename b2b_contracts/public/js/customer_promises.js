// Customer: what was promised, and a button to note a promise.
(() => {
	const credit = b2b_contracts.credit;

	frappe.ui.form.on("Customer", {
		refresh(frm) {
			if (frm.is_new() || !frappe.model.can_read("Promise to Pay")) return;
			if (frappe.model.can_create("Promise to Pay"))
				frm.add_custom_button(__("Promise to pay"), () => note(frm), __("Credit"));
			show(frm);
		},
	});

	const company_of = (frm) => frm.b2b_company || frappe.defaults.get_user_default("Company");

	function note(frm) {
		frappe.new_doc("Promise to Pay", { customer: frm.doc.name, company: company_of(frm) });
	}

	async function show(frm) {
		const { name } = frm.doc;
		const found = await credit.post("b2b_contracts.collections_api.open_promises", {
			customer: name,
			company: company_of(frm),
		});
		if (frm.doc.name !== name) return;
		credit.say_on_form(frm, "b2b-promise", "");
		if (!found?.length) return;
		const [next] = found;
		const amount = format_currency(next.amount - next.paid_amount, next.currency);
		const day = frappe.datetime.str_to_user(next.promised_date);
		const words = __("Promised: {0} until {1}", [amount, day]);
		const link = frappe.utils.get_form_link("Promise to Pay", next.name, true, words);
		credit.say_on_form(frm, "b2b-promise", link, "blue");
	}
})();
