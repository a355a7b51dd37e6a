// Credit List Entry: what it does to the party's orders, and how to end it early.
(() => {
	const credit = b2b_contracts.credit;

	const DOES = {
		Negative: () => __("New orders and quotations wait for a credit decision. What was granted is delivered."),
		Premium: () =>
			__("Holds are answered first, and the customer hears of them from the account manager alone."),
	};

	frappe.ui.form.on("Credit List Entry", {
		onload(frm) {
			// The desk fills in the user's own company; an entry is for all unless somebody says otherwise.
			if (frm.is_new()) frm.doc.company = null;
		},
		refresh(frm) {
			frm.set_intro("");
			show_what_it_does(frm);
			if (frm.is_new()) return;
			frm.disable_save();
			const may_end = frm.doc.list_type === "Negative" ? "Credit Manager" : "Credit Controller";
			if (frm.doc.status !== "Ended" && credit.may_act_for(may_end))
				frm.add_custom_button(__("End it"), () => end(frm));
		},
		list_type: show_what_it_does,
		async customer(frm) {
			if (!frm.doc.customer) return;
			const found = await frappe.db.get_value("Customer", frm.doc.customer, ["customer_name", "tax_id"]);
			frm.set_value("party_name", found.message.customer_name);
			if (!frm.doc.tax_id) frm.set_value("tax_id", found.message.tax_id);
		},
	});

	function show_what_it_does(frm) {
		const { list_type, status } = frm.doc;
		frm.set_intro("");
		if (status === "Ended" || !DOES[list_type]) return;
		frm.set_intro(DOES[list_type](), list_type === "Negative" ? "red" : "green");
	}

	function end(frm) {
		credit.ask_reason({
			title: __("End the entry"),
			label: __("Why it ends"),
			description: __("Orders that wait because of it are looked at again."),
			method: `${credit.LIMITS}.end_list_entry`,
			args: { entry: frm.doc.name },
			primary_label: __("End it"),
			done: () => frm.reload_doc(),
		});
	}
})();
