// Customer: whose money is said to be on its way, and a button to report a payment slip.
(() => {
	const credit = b2b_contracts.credit;

	frappe.ui.form.on("Customer", {
		refresh(frm) {
			if (frm.is_new() || !frappe.model.can_read("Payment Slip")) return;
			if (frappe.model.can_create("Payment Slip"))
				frm.add_custom_button(__("Payment slip"), () => report(frm), __("Credit"));
			show(frm);
		},
	});

	const company_of = (frm) => frm.b2b_company || frappe.defaults.get_user_default("Company");

	function report(frm) {
		frappe.new_doc("Payment Slip", { customer: frm.doc.name, company: company_of(frm) });
	}

	async function show(frm) {
		const { name } = frm.doc;
		const found = await credit.post("b2b_contracts.collections_api.live_payment_slips", {
			customer: name,
			company: company_of(frm),
		});
		if (frm.doc.name !== name) return;
		credit.say_on_form(frm, "b2b-payment-slip", "");
		if (!found?.length) return;
		const [next] = found;
		const amount = format_currency(next.amount - next.arrived_amount, next.currency);
		const day = frappe.datetime.str_to_user(next.wait_until);
		const accepted = next.status === "Accepted";
		const words = accepted
			? __("Paid by slip: {0}, awaited until {1}", [amount, day])
			: __("Payment slip to be answered: {0}", [amount]);
		const link = frappe.utils.get_form_link("Payment Slip", next.name, true, words);
		credit.say_on_form(frm, "b2b-payment-slip", link, accepted ? "blue" : "orange");
	}
})();
